import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Clock, sleep } from "../platform/clock.ts";

/** A process, told from a later one with the same id by the moment it started. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the system prints it; compared, never read. */
  readonly startedAt: string;
}

interface Process extends ProcessIdentity {
  readonly parent: number;
}

/** Environment variable by which all processes of one run are known, however they detached. */
export const RUN_ID_VARIABLE = "CLAUDE_ORCHESTRATOR_RUN_ID";

/**
 * The processes of a run that are running: those given, their descendants and, on Linux, whoever
 * carries the run's id in its environment. Claude Code starts each command of its Bash tool in a session
 * of its own; when the parent is killed, that command survives as a child of process 1, where only the
 * id still finds it.
 */
export async function processesOf(
  runId: string,
  known: readonly ProcessIdentity[],
): Promise<ProcessIdentity[]> {
  const all = await listProcesses();
  const marked = await Promise.all(all.map((each) => carriesRunId(each.pid, runId)));
  const found = new Set<Process>();
  const visit = (each: Process) => {
    if (found.has(each) || each.pid === process.pid) return;
    found.add(each);
    for (const child of all) if (child.parent === each.pid) visit(child);
  };
  all.forEach((each, index) => {
    if (marked[index] || known.some((other) => isSame(each, other))) visit(each);
  });
  return [...found];
}

/** The identity of a process, null where it is not running. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  return (await listProcesses()).find((each) => each.pid === pid) ?? null;
}

/**
 * Ends a run: the `first` signal to its root, so that it can reap its own children; after `graceMs`,
 * SIGKILL to all that is left. Resolves when none of it runs any more (or cannot be killed).
 */
export async function endProcessTree(
  root: number,
  runId: string,
  options: {
    clock: Clock;
    graceMs: number;
    ended: Promise<unknown>;
    first: "SIGINT" | "SIGTERM";
  },
): Promise<void> {
  const identity = await identityOf(root);
  const known = await processesOf(runId, identity === null ? [] : [identity]);
  signal(root, options.first);
  const timeout = new AbortController();
  await Promise.race([
    options.ended,
    sleep(options.clock, options.graceMs, timeout.signal).catch(() => undefined),
  ]);
  timeout.abort();
  await killProcesses(runId, options.clock, known);
}

/** SIGKILL to all processes of a run, again until no new ones appear. */
export async function killProcesses(
  runId: string,
  clock: Clock,
  known: readonly ProcessIdentity[] = [],
): Promise<void> {
  const seen = [...known];
  for (const ms of [0, 10, 20, 50, 100, 200, 500]) {
    await sleep(clock, ms);
    const alive = await processesOf(runId, seen);
    if (alive.length === 0) return;
    seen.push(...alive);
    for (const { pid } of alive) signal(pid, "SIGKILL");
  }
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.startedAt === other.startedAt;
}

/** Whether a process with this id runs on this machine, whoever it belongs to. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function signal(pid: number, name: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile, or belongs to somebody else: nothing that could be done about it.
  }
}

async function listProcesses(): Promise<Process[]> {
  return process.platform === "linux" ? await listFromProc() : await listFromPs();
}

async function listFromProc(): Promise<Process[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(names.map(readStat));
  return found.filter((each) => each !== null);
}

/** `/proc/{pid}/stat`, proc(5): the name in parentheses may hold anything, so fields follow the last. */
async function readStat(pid: string): Promise<Process | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  if (state === "Z" || state === "X") return null;
  return { pid: Number(pid), parent: Number(parent), startedAt: fields[19] ?? "" };
}

async function listFromPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-axo", "pid=,ppid=,stat=,lstart="]);
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, state, startedAt] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || state === undefined || state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), startedAt: startedAt ?? "" }];
  });
}

async function carriesRunId(pid: number, runId: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return environment.includes(`${RUN_ID_VARIABLE}=${runId}\0`);
}
