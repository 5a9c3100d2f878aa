import type { Journal } from "../coordination/journal.ts";
import type { Team } from "../coordination/team.ts";
import type { JournalEvent } from "../domain/event.ts";
import type { HookOutcome, HookPoint } from "../domain/hook.ts";
import type { Member } from "../domain/member.ts";
import { terminalLine, terminalText } from "../domain/terminal_text.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { HookLog } from "./hook_log.ts";
import { HookQueue } from "./hook_queue.ts";
import { type Place, pointOf } from "./point_of.ts";
import { type HookRun, runHook } from "./run_hook.ts";
import { isEndOfTerm } from "./succession.ts";

/** Characters of a hook's output that the journal keeps: its end. */
const MAX_TOLD = 1000;

/** ms that stopping hooks may take, and telling of it. */
const STOPPING_MS = 4000;

/** Events read at once when the last ones are looked up. */
const MAX_LATE_EVENTS = 1000;

export interface HooksOptions {
  /** Words of the command of each point that has one. */
  readonly commands: ReadonlyMap<HookPoint, readonly string[]>;
  readonly place: Place;
  readonly member: Pick<Member, "id" | "name" | "role">;
  readonly journal: Pick<Journal, "follow" | "read">;
  readonly announce: Team["announce"];
  /** Directory that the commands are run in. */
  readonly cwd: string;
  /** What a command finds in its environment besides what tells of its event. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly log: HookLog;
  readonly clock: Clock;
  readonly random: Random;
  /** Shows a line of terminal text. */
  readonly show: (line: string) => void;
  /** Rejects where what is about to begin is not this process's to run any more. */
  readonly mayRun?: () => Promise<void>;
  readonly maxWaiting?: number;
}

/** The hooks of one member, for as long as they are followed. */
export interface RunningHooks {
  /**
   * Runs what the events up to now ask for still, for at most `ms` and until `now` is aborted; what has not
   * ended then is stopped, what has not begun is dropped, and both are told.
   */
  finish(ms: number, now: AbortSignal): Promise<void>;
  /** Begins nothing more, and lets go what runs: it is somebody else's from now on. */
  abandon(): void;
}

/**
 * Follows the journal and runs the hooks of one member for the events after `since`, beside its work: it
 * waits for none of them, and none of them can fail it. How each run went is told in the journal, in the
 * log, and where it did not go well in a line.
 */
export function startHooks(options: HooksOptions, since: string): RunningHooks {
  return new Hooks(options, since);
}

class Hooks implements RunningHooks {
  readonly #options: HooksOptions;
  readonly #queue: HookQueue<JournalEvent>;
  readonly #over = new AbortController();
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #last: string;
  #isAbandoned = false;
  /** The term has ended: what follows is for whoever leads next. */
  #isOver = false;

  constructor(options: HooksOptions, since: string) {
    this.#options = options;
    this.#last = since;
    this.#queue = new HookQueue({
      run: (point, event) => this.#run(point, event),
      onDropped: (point, count) => this.#tellDropped(point, count),
      ...(options.maxWaiting === undefined ? {} : { maxWaiting: options.maxWaiting }),
    });
    this.#following = this.#follow();
  }

  async finish(ms: number, now: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#over.abort();
    const done = new AbortController();
    const late = sleep(clock, ms, AbortSignal.any([done.signal, now])).catch(() => {})
      .then(() => done.signal.aborted ? undefined : this.#stopAll());
    const work = Promise.race([this.#lastEvents(), late]).then(() => this.#queue.settled());
    // Where ZooKeeper is away, nothing can be told: nobody waits for that.
    const tooLate = sleep(clock, ms + STOPPING_MS, done.signal).catch(() => {});
    await Promise.race([work, tooLate]);
    done.abort();
    await Promise.all([late, tooLate]);
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#over.abort();
    this.#queue.clear();
  }

  async #follow(): Promise<void> {
    const { journal, show } = this.#options;
    try {
      for await (const event of journal.follow(this.#over.signal, this.#last)) this.#take(event);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      show(terminalLine(`No hooks are run any more: ${error}`));
    }
  }

  /** What has happened since the last event that was heard of. */
  async #lastEvents(): Promise<void> {
    const { journal, show } = this.#options;
    await this.#following;
    try {
      const events = await journal.read({ since: this.#last, limit: MAX_LATE_EVENTS });
      if (!this.#stop.signal.aborted) events.forEach((event) => this.#take(event));
    } catch (error) {
      show(terminalLine(`Hooks of the last events are not run: ${error}`));
    }
  }

  #take(event: JournalEvent): void {
    if (event.id <= this.#last || this.#isAbandoned || this.#stop.signal.aborted) return;
    this.#last = event.id;
    const { place, member, commands } = this.#options;
    if (place === "leader" && isEndOfTerm(event, member.id)) this.#isOver = true;
    if (this.#isOver) return;
    const point = pointOf(event, place, member.id);
    if (point !== null && commands.has(point)) this.#queue.offer(point, event);
  }

  async #stopAll(): Promise<void> {
    this.#stop.abort();
    const told = [...this.#queue.clear()].map(([point, count]) => this.#tellDropped(point, count));
    await Promise.all(told);
  }

  async #run(point: HookPoint, event: JournalEvent): Promise<void> {
    const { commands, mayRun, clock, random, cwd, timeoutMs, log, show } = this.#options;
    const words = commands.get(point) ?? [];
    if (mayRun !== undefined && !await mayRun().then(() => true, () => false)) return;
    if (this.#isAbandoned) return;
    const run = await runHook({
      words,
      input: `${JSON.stringify(this.#inputOf(point, event))}\n`,
      cwd,
      env: this.#environmentOf(point, event),
      timeoutMs,
      runId: random.id(),
      clock,
      stop: this.#stop.signal,
    });
    const problem = log.add(point, event.id, run);
    if (problem !== null) show(terminalLine(`Warning: the log of hooks: ${problem}`));
    const reason = run.outcome === "ok" ? null : reasonOf(run, timeoutMs);
    if (reason !== null) show(terminalLine(`Hook ${point}: ${reason}`));
    await this.#tell(point, event, { outcome: run.outcome, reason }, {
      program: words[0] ?? "",
      exit_code: run.exitCode,
      signal: run.signal,
      duration_ms: run.durationMs,
      output: terminalText(run.output).slice(-MAX_TOLD),
      log: log.path,
    });
  }

  async #tellDropped(point: HookPoint, count: number): Promise<void> {
    const events = count === 1 ? "one event" : `${count} events`;
    const reason = `It was not run for ${events}: too many were waiting`;
    this.#options.show(terminalLine(`Hook ${point}: ${reason}`));
    await this.#tell(point, null, { outcome: "dropped", reason }, { dropped: count });
  }

  /** Into the journal; where that cannot be written, the log has it. */
  async #tell(
    point: HookPoint,
    event: JournalEvent | null,
    { outcome, reason }: { readonly outcome: HookOutcome; readonly reason: string | null },
    facts: Record<string, unknown>,
  ): Promise<void> {
    const { announce, member, show } = this.#options;
    try {
      await announce({
        type: "hook_ran",
        by: member.id,
        by_name: member.name,
        task_id: event?.task_id ?? null,
        chain_id: event?.chain_id ?? null,
        reason,
        data: { point, outcome, event_id: event?.id ?? null, ...facts },
      });
    } catch (error) {
      show(terminalLine(`Hook ${point}: the journal cannot be told: ${error}`));
    }
  }

  #inputOf(point: HookPoint, event: JournalEvent) {
    const { id, name, role } = this.#options.member;
    return { v: 1, point, member: { id, name, role }, event };
  }

  #environmentOf(point: HookPoint, event: JournalEvent): Record<string, string | undefined> {
    return {
      ...this.#options.env,
      CLAUDE_ORCHESTRATOR_INSTANCE_ID: this.#options.member.id,
      CLAUDE_ORCHESTRATOR_EVENT: point,
      CLAUDE_ORCHESTRATOR_EVENT_ID: event.id,
      CLAUDE_ORCHESTRATOR_TASK_ID: event.task_id ?? "",
      CLAUDE_ORCHESTRATOR_CHAIN_ID: event.chain_id ?? "",
    };
  }
}

function reasonOf({ outcome, exitCode, signal, problem }: HookRun, timeoutMs: number): string {
  switch (outcome) {
    case "timed_out":
      return `It ran for longer than ${timeoutMs} ms and was ended`;
    case "stopped":
      return "It was ended with the process that ran it";
    case "not_started":
      return `It cannot be started: ${problem}`;
    default:
      return signal === null ? `It ended with status ${exitCode}` : `It was ended by ${signal}`;
  }
}
