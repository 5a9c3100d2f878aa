import type { RunLimits } from "../agent/agent_request.ts";
import type { KillReason } from "../agent/outcome.ts";
import type { Transcript } from "../agent/transcript.ts";
import { terminalText } from "../domain/terminal_text.ts";
import { type Clock, sleep } from "../platform/clock.ts";

/** The end of a run before its time; caught where the run is. */
export class CutShort extends Error {
  override readonly name = "CutShort";
  readonly reason: KillReason;

  constructor(reason: KillReason) {
    super(reason);
    this.reason = reason;
  }
}

export interface StageNeeds {
  readonly clock: Clock;
  readonly limits: RunLimits;
  readonly transcript: Transcript;
  readonly show: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Where a run is played: it takes time, says what it does, and is held to its limits. */
export class Stage {
  readonly #needs: StageNeeds;
  readonly #startedAt: number;
  #lastAt: number;

  constructor(needs: StageNeeds) {
    this.#needs = needs;
    this.#startedAt = this.#lastAt = needs.clock.monotonic();
  }

  /** ms since the run began. */
  get elapsedMs(): number {
    return this.#needs.clock.monotonic() - this.#startedAt;
  }

  /** Shows a line, and writes it to the log. */
  async say(line: string): Promise<void> {
    this.#lastAt = this.#needs.clock.monotonic();
    this.#needs.show(terminalText(line));
    await this.write(`${line}\n`);
  }

  /** Writes to the log alone. */
  async write(text: string): Promise<void> {
    await this.#needs.transcript.write(new TextEncoder().encode(text));
  }

  /** Lets time pass. Throws `CutShort` when the run is stopped meanwhile, or a limit is reached. */
  async pass(ms: number): Promise<void> {
    const { clock, limits, signal } = this.#needs;
    const total = limits.totalMs - this.elapsedMs;
    const stall = limits.stallMs - (clock.monotonic() - this.#lastAt);
    const bound = Math.max(0, Math.min(total, stall));
    try {
      await sleep(clock, Math.min(ms, bound), signal);
    } catch {
      throw new CutShort("aborted");
    }
    if (ms >= bound) throw new CutShort(total <= stall ? "total" : "stall");
  }
}
