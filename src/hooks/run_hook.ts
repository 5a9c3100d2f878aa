import { type ChildProcess, spawn } from "node:child_process";
import { endProcessTree, RUN_ID_VARIABLE } from "../agent/process_tree.ts";
import type { HookOutcome } from "../domain/hook.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import { OutputEnd } from "./output_end.ts";

/** ms between SIGTERM and SIGKILL. */
const GRACE_MS = 2000;

/** ms for a pipe that something holds open which the hook has left running. */
const DRAIN_MS = 500;

export interface HookRequest {
  /** Program and arguments; no shell sees them. */
  readonly words: readonly string[];
  /** Written to standard input, which is then closed. */
  readonly input: string;
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  /** Names this run among processes. */
  readonly runId: string;
  readonly clock: Clock;
  /** Aborted when it is to be ended. */
  readonly stop: AbortSignal;
}

/** How a hook ended. */
export interface HookRun {
  readonly outcome: HookOutcome;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** The end of what it printed on both streams, and how many bytes that was in all. */
  readonly output: string;
  readonly outputBytes: number;
  /** Why it could not be started; null where it was. */
  readonly problem: string | null;
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly problem: string | null;
}

/**
 * Runs one hook to its end and says how it ended; never rejects. It has a process group of its own, so that
 * Ctrl+C on the terminal does not reach it; over its time, it is ended with all its children.
 */
export async function runHook(request: HookRequest): Promise<HookRun> {
  const { clock, stop } = request;
  const startedAt = clock.monotonic();
  const printed = new OutputEnd();
  const { exit, killedBy } = stop.aborted
    ? { exit: { code: null, signal: null, problem: null }, killedBy: "stopped" as const }
    : await start(request, printed);
  return {
    outcome: exit.problem !== null ? "not_started" : killedBy ?? outcomeOf(exit),
    exitCode: exit.code,
    signal: exit.signal,
    durationMs: Math.round(clock.monotonic() - startedAt),
    output: printed.text(),
    outputBytes: printed.bytes,
    problem: exit.problem,
  };
}

function outcomeOf({ code }: Exit): HookOutcome {
  return code === 0 ? "ok" : "failed";
}

type Killed = "timed_out" | "stopped" | null;

async function start(
  request: HookRequest,
  printed: OutputEnd,
): Promise<{ readonly exit: Exit; readonly killedBy: Killed }> {
  const [program = "", ...args] = request.words;
  try {
    const child = spawn(program, args, {
      cwd: request.cwd,
      env: { ...request.env, [RUN_ID_VARIABLE]: request.runId },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      windowsHide: true,
    });
    return await follow(child, request, printed);
  } catch (error) {
    // Arguments that no process can be given, such as one with a zero byte.
    return { exit: { code: null, signal: null, problem: String(error) }, killedBy: null };
  }
}

async function follow(child: ChildProcess, request: HookRequest, printed: OutputEnd) {
  const { clock } = request;
  const ended = endOf(child);
  // One that does not read its input breaks the pipe: its end tells what happened.
  child.stdin?.on("error", () => {});
  child.stdin?.end(request.input);
  const streams = [child.stdout, child.stderr].map((stream) => drained(stream, printed));
  const over = new AbortController();
  const killing = killInTime(child, ended, request, over.signal);
  const exit = await ended;
  over.abort();
  const killedBy = await killing;
  const late = new AbortController();
  const drain = sleep(clock, DRAIN_MS, late.signal).then(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, () => {});
  await Promise.all(streams);
  late.abort();
  await drain;
  return { exit, killedBy };
}

/** Ends it when its time is over or it is to stop; why, or null where it ended by itself. */
async function killInTime(
  child: ChildProcess,
  ended: Promise<unknown>,
  { clock, timeoutMs, stop, runId }: HookRequest,
  over: AbortSignal,
): Promise<Killed> {
  await sleep(clock, timeoutMs, AbortSignal.any([over, stop])).catch(() => {});
  if (over.aborted || child.pid === undefined) return null;
  const killedBy = stop.aborted ? "stopped" : "timed_out";
  await endProcessTree(child.pid, runId, { clock, graceMs: GRACE_MS, ended, first: "SIGTERM" })
    .catch(
      // Without a list of processes the hook itself can still be killed.
      () => child.kill("SIGKILL"),
    );
  return killedBy;
}

async function drained(stream: NodeJS.ReadableStream | null, printed: OutputEnd): Promise<void> {
  if (stream === null) return;
  try {
    for await (const chunk of stream) {
      printed.add(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    }
  } catch {
    // It was destroyed: what had come is kept.
  }
}

function endOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal, problem: null }));
    child.once("error", (error) => resolve({ code: null, signal: null, problem: error.message }));
  });
}
