import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePorts } from "./free_port.ts";
import { git, gitEnv, write } from "./git_bench.ts";
import { EXECUTABLE } from "./worker_process.ts";

/** How a `run` ended. */
export interface RunEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `run` prints, as far as tests look at it. */
export interface RunOutcome {
  readonly type: string;
  readonly outcome: string;
  readonly rounds: number;
  readonly requirement: { readonly id: string };
  readonly chains: readonly {
    readonly rounds: readonly { readonly redo: string; readonly reason: string }[];
    readonly tasks: readonly { readonly id: string; readonly link: string }[];
  }[];
  readonly deliveries: readonly {
    readonly branch: string;
    readonly commit: string | null;
    readonly merged: { readonly into: string; readonly commit: string } | null;
    readonly reason: string | null;
  }[];
}

/** A `run` at work. */
export interface RunProcess {
  readonly pid: number;
  readonly ended: Promise<RunEnd>;
  /** Resolves when stderr contains the text; rejects when it ends without it. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** A machine of the running test's own: a home, a coordinator's port, and directories to work in. */
export interface RunMachine {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** A repository with the given files in one commit; its path. */
  repository(name: string, files?: Readonly<Record<string, string>>): string;
  start(cwd: string, argv: readonly string[], options?: StartOptions): RunProcess;
  /** A `run` to its end. */
  run(cwd: string, ...argv: string[]): Promise<RunEnd>;
  /** Its outcome. Throws where it ended otherwise than with `status`. */
  outcome(cwd: string, argv: readonly string[], status?: number): Promise<RunOutcome>;
  /** The error that it ends with, and its status. */
  failure(cwd: string, argv: readonly string[], options?: StartOptions): Promise<
    { readonly exit: number | null; readonly code: string; readonly message: string }
  >;
}

export interface StartOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Opens such a machine; it ends, with all that was started on it, when the test does. */
export async function runMachine(more: Readonly<Record<string, string>> = {}): Promise<RunMachine> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "run-")));
  const home = join(directory, "home");
  mkdirSync(home);
  const [port = 0] = await freePorts(1);
  const env = {
    ...gitEnv(),
    ...more,
    HOME: home,
    CLAUDE_ORCHESTRATOR_COORDINATOR_PORT: String(port),
    CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: "4s",
  };
  const running = new Set<RunProcess>();
  const start = (cwd: string, argv: readonly string[], options: StartOptions = {}) => {
    const process = startRun(cwd, ["run", ...argv], { ...env, ...options.env }, options.stdin);
    running.add(process);
    void process.ended.finally(() => running.delete(process));
    return process;
  };
  onTestFinished(async () => {
    for (const each of running) each.kill("SIGKILL");
    await Promise.all([...running].map(({ ended }) => ended));
    spawnSync(EXECUTABLE, ["coordinator", "stop"], { cwd: directory, env });
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    directory,
    env,
    repository: (name, files = { "README.md": "hello\n" }) => {
      const path = join(directory, name);
      mkdirSync(path);
      git(path, "init", "--quiet", "--initial-branch=main");
      write(path, files);
      git(path, "add", "--all");
      git(path, "commit", "--quiet", "-m", "Begin");
      return path;
    },
    start,
    run: (cwd, ...argv) => start(cwd, argv).ended,
    outcome: async (cwd, argv, status = 0) => {
      const end = await start(cwd, argv).ended;
      if (end.status !== status) {
        throw new Error(`run ${argv.join(" ")} ended with ${end.status}:\n${end.stderr}`);
      }
      return JSON.parse(end.stdout) as RunOutcome;
    },
    failure: async (cwd, argv, options) => {
      const { status, stderr } = await start(cwd, argv, options).ended;
      const last = stderr.trimEnd().split("\n").at(-1) ?? "";
      return { exit: status, ...JSON.parse(last).error };
    },
  };
}

function startRun(
  cwd: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin = "",
): RunProcess {
  const child = spawn(EXECUTABLE, argv, { cwd, env });
  let [stdout, stderr] = ["", ""];
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const watcher of watchers) watcher();
  });
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const ended = new Promise<RunEnd>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stderr.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void ended.then(() => reject(new Error(`Ended without "${text}":\n${stderr}`)));
      }),
    kill: (signal) => void child.kill(signal),
  };
}

/** Command lines of the Workers that work in a directory now. */
export function workersIn(directory: string): string[] {
  return execFileSync("ps", ["-eo", "args="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
    .split("\n").filter((line) => line.includes(" --tethered") && line.includes(directory));
}
