import { basename } from "node:path";
import type { AgentRequest, AgentRun } from "../../src/agent/agent_request.ts";
import type { Outcome } from "../../src/agent/outcome.ts";
import type { Usage } from "../../src/agent/usage.ts";
import type { Workshop } from "../../src/agent/workshop.ts";
import type { Files } from "../../src/platform/files.ts";
import type { Timer } from "../../src/platform/clock.ts";
import type { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { Trace } from "./trace.ts";

/** What an agent says: a text, an object by its schema, or how its run ended otherwise. */
export type Saying =
  | { readonly text: string }
  | { readonly answer: unknown }
  | { readonly outcome: Outcome };

/** What an agent is asked. */
export interface Question {
  /** From 1, in the order in which they began. */
  readonly number: number;
  /** `decompose`, `decide`, `message`, `check`, or the link of a task; `task` for one without. */
  readonly kind: string;
  readonly prompt: string;
}

/** How a run goes: it says so after a while. */
export interface Play {
  readonly ms: number;
  readonly saying: Saying;
  /**
   * Whether the agent completes its task itself, by a command: one that it waits for, or one that it
   * leaves behind and that is carried out late.
   */
  readonly handsIn: "no" | "waiting" | "late";
}

/** One run of an agent, as the world outside knows it. */
export interface SimulatedRun extends Question {
  /** The member whose run it is. */
  readonly member: string;
  /** The task, the report, the requirement or the message that it is about. */
  readonly about: string;
  /** Of the claim that it stands on; null where it stands on none. */
  readonly token: number | null;
  /** US dollars that it tells of when it ends. */
  costUsd: number;
  /** Tokens that it has used, as it says from time to time. */
  tokens: { input: number; output: number };
  /** What it said last; "" where it was ended before. */
  text: string;
  /** How it ended, null while it has not. */
  end: "said" | "stopped" | null;
}

/** Completes the task of a run from a machine, as its member; resolves when that was tried. */
export type HandIn = (
  host: string,
  run: SimulatedRun,
  result: string,
  isLate: boolean,
) => Promise<void>;

interface Running {
  readonly run: SimulatedRun;
  readonly process: SimulatedProcess;
  readonly timer: Timer;
  readonly finish: (saying: Saying | null) => void;
}

/** Tokens of a run that comes to its end. */
const WHOLE = { input: 100, output: 10 };
/** ms that an agent takes to end when it is told to. */
const STOPPING_MS = 50;

/** US dollars of the first run; each costs a little more, so that their sums tell them apart. */
const USD = { first: 0.01, more: 0.000_001 };

/**
 * The agents of all machines. They are processes of their own: one goes on when the member that started it
 * dies or stands still, until it is done, or a successor ends it.
 */
export class SimulatedAgents {
  readonly runs: SimulatedRun[] = [];
  readonly #time: VirtualClock;
  readonly #trace: Trace;
  readonly #play: (question: Question) => Play;
  readonly #isAlive: (host: string, pid: number) => boolean;
  readonly #handIn: HandIn;
  readonly #running = new Set<Running>();

  constructor(needs: {
    readonly time: VirtualClock;
    readonly trace: Trace;
    readonly play: (question: Question) => Play;
    readonly isAlive: (host: string, pid: number) => boolean;
    readonly handIn: HandIn;
  }) {
    this.#time = needs.time;
    this.#trace = needs.trace;
    this.#play = needs.play;
    this.#isAlive = needs.isAlive;
    this.#handIn = needs.handIn;
  }

  /** The machine of a process, as far as it touches that to run agents. */
  workshop(process: SimulatedProcess, files: Files): Workshop {
    return {
      run: (request) =>
        new Promise((resolve) =>
          process.perform(() =>
            this.#start(process, request, (run) => {
              process.deliver(() => resolve(run));
            })
          )
        ),
      lookAtWorkTree: () => Promise.resolve({ changes: () => Promise.resolve(null) }),
      endOrphans: (member) =>
        new Promise((resolve) =>
          process.perform(() => {
            const count = this.#endOrphans(process, member);
            process.clock.timer(20, () => resolve(count));
          })
        ),
      isAlive: (pid) => this.#isAlive(process.host, pid),
      files,
    };
  }

  #endOrphans(process: SimulatedProcess, member: string): number {
    const orphans = [...this.#running].filter(({ run, process: parent }) =>
      run.member === member && parent.host === process.host && parent !== process
    );
    for (const orphan of orphans) orphan.finish(null);
    return orphans.length;
  }

  #start(
    process: SimulatedProcess,
    request: AgentRequest,
    ended: (run: AgentRun) => void,
  ): void {
    if (request.signal?.aborted === true) return ended(runOf(request, NOT_STARTED));
    const number = this.runs.length + 1;
    const run: SimulatedRun = {
      ...questionOf(request, number),
      costUsd: Math.min(
        USD.first + number * USD.more,
        request.options?.budgetUsd ?? Infinity,
      ),
      tokens: { input: 0, output: 0 },
      text: "",
      end: null,
    };
    const { ms, saying, handsIn } = this.#play(run);
    this.runs.push(run);
    this.#tell(process, run, `begins`);
    const begunAt = this.#time.monotonic();
    const stop = () =>
      process.perform(() => void this.#time.timer(STOPPING_MS, () => running.finish(null)));
    const running: Running = {
      run,
      process,
      timer: this.#time.timer(ms, () => {
        if (handsIn === "no" || run.token === null) return running.finish(saying);
        const result = `Status: done\nSummary: by itself\nRun: ${number}`;
        this.#tell(process, run, `hands in: ${handsIn}`);
        const isLate = handsIn === "late";
        const done = this.#handIn(process.host, run, result, isLate);
        if (isLate) running.finish(saying);
        else done.then(() => running.finish(saying));
      }),
      finish: (said) => {
        if (!this.#running.delete(running)) return;
        request.signal?.removeEventListener("abort", stop);
        running.timer.cancel();
        run.end = said === null ? "stopped" : "said";
        if (said !== null) run.tokens = WHOLE;
        if (said === null) run.costUsd = 0;
        else run.text = "text" in said ? `${said.text}\nRun: ${number}` : JSON.stringify(said);
        this.#tell(process, run, said === null ? "is stopped" : wordFor(said));
        const durationMs = this.#time.monotonic() - begunAt;
        ended(runOf(request, { run, saying: said, durationMs }));
      },
    };
    this.#running.add(running);
    for (const part of [0.3, 0.6, 0.9]) {
      this.#time.timer(ms * part, () => {
        if (!this.#running.has(running)) return;
        run.tokens = { input: WHOLE.input * part, output: Math.floor(WHOLE.output * part) };
        const usage = usageOf(run);
        process.deliver(() => request.onUsage?.(usage, null));
      });
    }
    request.signal?.addEventListener("abort", stop, { once: true });
  }

  #tell(process: SimulatedProcess, { number, kind, about, token }: SimulatedRun, what: string) {
    const claim = token === null ? "" : `@${token}`;
    this.#trace.tell(process.name, `run ${number} ${kind} ${about}${claim} ${what}`);
  }
}

function usageOf({ tokens }: SimulatedRun): Usage {
  return {
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    cacheCreationTokens: 0,
    cacheReadTokens: 0,
  };
}

const NOT_STARTED = { run: null, saying: null, durationMs: 0 };

function wordFor(saying: Saying): string {
  if ("outcome" in saying) return `ends: ${saying.outcome.kind}`;
  const said = "text" in saying ? saying.text : JSON.stringify(saying.answer);
  return `says: ${said.replaceAll("\n", "; ").slice(0, 120)}`;
}

function questionOf(
  { env, logPath, prompt, attributes = {}, resume: _ }: AgentRequest,
  number: number,
): Omit<SimulatedRun, "costUsd" | "tokens" | "text" | "end"> {
  const name = basename(logPath, ".log");
  const [prefix = ""] = name.split("-");
  const task = env["CLAUDE_ORCHESTRATOR_TASK_ID"] ?? "";
  const link = env["CLAUDE_ORCHESTRATOR_LINK"] ?? "";
  const token = env["CLAUDE_ORCHESTRATOR_CLAIM_TOKEN"] ?? "";
  const isCheck = name.endsWith("-verify");
  const kinds: Record<string, string> = {
    task: isCheck ? "check" : link === "" ? "task" : link,
    msg: "message",
    help: "message",
  };
  // A Leader's log names what it asks about: `decide-0000000003-1-20260101T000000000Z`.
  const asked = name.split("-").slice(1, -1).join("-");
  return {
    number,
    kind: kinds[prefix] ?? prefix,
    prompt,
    member: env["CLAUDE_ORCHESTRATOR_INSTANCE_ID"] ?? String(attributes["member_id"]),
    about: prefix === "task" ? task : asked,
    token: token === "" ? null : Number(token),
  };
}

function runOf(
  { logPath }: AgentRequest,
  { run, saying, durationMs }: {
    readonly run: SimulatedRun | null;
    readonly saying: Saying | null;
    readonly durationMs: number;
  },
): AgentRun {
  const isOver = saying !== null;
  const text = saying !== null && "text" in saying ? run?.text ?? "" : "";
  return {
    outcome: saying === null
      ? { kind: "aborted" }
      : "outcome" in saying
      ? saying.outcome
      : { kind: "ok" },
    exit: run === null
      ? { code: null, signal: null }
      : isOver
      ? { code: 0, signal: null }
      : { code: null, signal: "SIGKILL" },
    killedBy: isOver ? null : "aborted",
    costUsd: run?.costUsd ?? null,
    sessionCostUsd: null,
    usage: run === null ? null : usageOf(run),
    model: null,
    sessionId: null,
    numTurns: 1,
    durationMs,
    text,
    structuredOutput: saying !== null && "answer" in saying ? saying.answer : undefined,
    denied: [],
    logPath,
    logProblem: null,
    warnings: [],
  };
}
