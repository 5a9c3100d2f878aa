import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ClaimStatistics } from "../../src/coordination/task_queue.ts";
import { bundleProgram } from "./bundled_program.ts";

/** A claimer's process, and the last that it said. */
export interface ClaimerProcess {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  statistics: ClaimStatistics;
  /** What it wrote to stderr: empty unless it failed. */
  errors: string;
}

/** Bundles the claimer's program, so that it runs on the Node that runs the tests. */
export function buildClaimer(outfile: string): Promise<void> {
  return bundleProgram("../chaos/claimer_process.ts", outfile);
}

export interface ClaimerOptions {
  /** ms; default 2,000. */
  readonly sessionMs?: number;
  /** `user:password` of a tree that is closed. */
  readonly credential?: string;
}

/** Starts one claimer. */
export function startClaimer(
  program: string,
  hosts: string,
  root: string,
  name: string,
  { sessionMs = 2_000, credential }: ClaimerOptions = {},
): ClaimerProcess {
  const args = [hosts, root, name, String(sessionMs), ...credential ? [credential] : []];
  const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  let tellReady = () => {};
  const ready = new Promise<void>((resolve) => {
    tellReady = resolve;
  });
  const claimer: ClaimerProcess = {
    child,
    ready,
    statistics: { claims: 0, tries: 0 },
    errors: "",
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    claimer.statistics = JSON.parse(line);
    tellReady();
  });
  child.stderr.on("data", (chunk) => {
    claimer.errors += String(chunk);
  });
  return claimer;
}

/** Ends a process and waits until it is gone. */
export async function end({ child }: ClaimerProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}
