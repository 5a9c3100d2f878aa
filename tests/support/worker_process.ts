import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** The executable that `npm run build` makes. */
export const EXECUTABLE = resolve(import.meta.dirname, "../../dist/claude-orchestrator");

/** Where a process runs: its directory, and what it finds in its environment. */
export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs one command to its end; what it printed, read as JSON. Throws where it failed. */
export function command(place: Place, ...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(EXECUTABLE, args, { ...place, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} exited with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** A Worker, or a Leader, in a process of its own. */
export interface WorkerProcess {
  readonly name: string;
  readonly pid: number;
  /** All that it has printed so far. */
  output(): string;
  /** Resolves when the text has been printed; rejects when the process ends without it. */
  printed(text: string): Promise<void>;
  /** As a terminal does on Ctrl+C: SIGINT to the whole foreground group. */
  interrupt(): void;
  /** SIGKILL to that process alone. */
  kill(): void;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

/** Starts `register --work-dir` in a directory below the place. */
export function startWorkerProcess(place: Place, name: string, ...args: string[]): WorkerProcess {
  const workDir = join(place.cwd, "work");
  if (!existsSync(workDir)) mkdirSync(workDir, { recursive: true });
  return startTeamProcess(place, name, "register", "--name", name, "--work-dir", workDir, ...args);
}

/** Starts a command that stays, in a process group of its own. */
export function startTeamProcess(place: Place, name: string, ...all: string[]): WorkerProcess {
  const child: ChildProcess = spawn(EXECUTABLE, all, {
    ...place,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.once("close", (code, signal) => done({ code, signal }));
  });
  let output = "";
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const watcher of watchers) watcher();
    });
  }
  return {
    name,
    pid: child.pid ?? 0,
    output: () => output,
    printed: (text) =>
      new Promise((done, fail) => {
        const look = () => {
          if (!output.includes(text)) return;
          watchers.delete(look);
          done();
        };
        watchers.add(look);
        look();
        void ended.then(() => fail(new Error(`${name} ended without "${text}":\n${output}`)));
      }),
    interrupt: () => void process.kill(-(child.pid ?? 0), "SIGINT"),
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
}
