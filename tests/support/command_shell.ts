import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "../../cmd/app.ts";
import type { Host, Sink } from "../../cmd/cli/host.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";

/** What a command that runs in this process starts others with. */
const EXECUTABLE = resolve(import.meta.dirname, "../../dist/claude-orchestrator");

/** How a command ended, and what it printed. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Below the shell's own directory. */
  readonly cwd?: string;
}

/** A command that runs still. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves with the stdout so far as soon as it contains the text. */
  printed(text: string): Promise<string>;
  /** What Ctrl+C does. */
  interrupt(): void;
}

/** The error that a command ended with; `exit` is its status. */
export interface Failure {
  readonly exit: number;
  readonly code: string;
  readonly [field: string]: unknown;
}

/** Somebody's shell: a home and a project of its own, and a way to run commands in it. */
export interface CommandShell {
  readonly directory: string;
  start(argv: readonly string[], options?: RunOptions): Running;
  run(...argv: string[]): Promise<Ended>;
  /** The JSON that the command prints; throws where it fails. */
  json<T = unknown>(...argv: string[]): Promise<T>;
  /** The error that the command ends with; throws where it succeeds. */
  failure(...argv: string[]): Promise<Failure>;
  remove(): void;
}

/** How a shell runs one command: in this process, or in one of its own. */
export type Starter = (
  argv: readonly string[],
  options: RunOptions & { readonly cwd: string; readonly home: string },
) => Running;

/** A shell with an empty home and project directory, talking to the given servers. */
export function openShell(start: Starter, hosts: string): CommandShell {
  const directory = mkdtempSync(join(tmpdir(), "shell-"));
  const home = join(directory, "home");
  const project = join(directory, "project");
  for (const path of [home, project]) mkdirSync(path);
  const begin = (argv: readonly string[], options: RunOptions = {}) =>
    start(argv, {
      ...options,
      env: { ZK_HOSTS: hosts, ...options.env },
      cwd: options.cwd ?? project,
      home,
    });
  const run = (...argv: string[]) => begin(argv).ended;
  return {
    directory: project,
    start: begin,
    run,
    json: async <T>(...argv: string[]) => {
      const { status, stdout, stderr } = await run(...argv);
      if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    failure: async (...argv) => {
      const { status, stdout, stderr } = await run(...argv);
      if (status === 0) throw new Error(`${argv.join(" ")} succeeded: ${stdout}`);
      return { exit: status, ...JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "").error };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Waits for texts in what is printed bit by bit. */
class Transcript {
  text = "";
  readonly #waiting = new Set<() => void>();

  add(text: string): void {
    this.text += text;
    for (const look of [...this.#waiting]) look();
  }

  contains(text: string, ended: Promise<unknown>): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!this.text.includes(text)) return;
        this.#waiting.delete(look);
        resolve(this.text);
      };
      this.#waiting.add(look);
      look();
      void ended.then((end) =>
        reject(new Error(`Ended before ${JSON.stringify(text)}: ${JSON.stringify(end)}`))
      );
    });
  }
}

/** Runs the command in this process: its own connection, session and configuration each time. */
export const inProcess: Starter = (argv, { stdin = "", env = {}, cwd, home }) => {
  const stdout = new Transcript();
  const stderr = new Transcript();
  const interruption = new AbortController();
  const sink = (to: Transcript): Sink => ({
    write: (text) => to.add(text),
    ready: () => Promise.resolve(),
    isTerminal: false,
    columns: undefined,
  });
  const host: Host = {
    env,
    cwd,
    home,
    stdout: sink(stdout),
    stderr: sink(stderr),
    stdinIsTerminal: false,
    program: [EXECUTABLE],
    stdin: async function* () {
      yield await Promise.resolve(
        typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin,
      );
    },
    signal: interruption.signal,
    urgent: new AbortController().signal,
  };
  const ended = run(argv, host).then((status) => ({
    status,
    stdout: stdout.text,
    stderr: stderr.text,
  }));
  return {
    ended,
    printed: (text) => stdout.contains(text, ended),
    interrupt: () =>
      interruption.abort(new OrchestratorError("INTERRUPTED", "Interrupted by SIGINT")),
  };
};

/** Runs the command as a program of its own: `program` and its first arguments. */
export function asProgram(program: string, ...first: string[]): Starter {
  return (argv, { stdin = "", env = {}, cwd, home }) => {
    const child = spawn(program, [...first, ...argv], {
      cwd,
      env: { PATH: process.env["PATH"], HOME: home, ...env },
    });
    const stdout = new Transcript();
    const stderr = new Transcript();
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.add(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.add(text));
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on("error", reject);
      child.on(
        "close",
        (status) => resolve({ status: status ?? -1, stdout: stdout.text, stderr: stderr.text }),
      );
    });
    return {
      ended,
      printed: (text) => stdout.contains(text, ended),
      interrupt: () => void child.kill("SIGINT"),
    };
  };
}
