import type { Clock, Timer } from "../environment.ts";
import type { Call } from "./call.ts";
import type { Fifo } from "./fifo.ts";

/**
 * Fails operations that have waited too long, whether they were sent or not. All have the same
 * timeout and stand in order, so one timer for the oldest does.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #queued: Fifo<Call>;
  readonly #sent: () => Iterable<Call>;
  #timer: Timer | undefined;

  constructor(
    clock: Clock,
    timeoutMs: number,
    queued: Fifo<Call>,
    sent: () => Iterable<Call>,
  ) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#queued = queued;
    this.#sent = sent;
  }

  /** Starts the time of an operation. */
  watch(call: Call): void {
    call.submittedAt = this.#clock.monotonic();
    this.#timer ??= this.#clock.timer(this.#timeoutMs, () => this.#sweep());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #sweep(): void {
    this.#timer = undefined;
    const limit = this.#clock.monotonic() - this.#timeoutMs;
    const why = `no reply within ${this.#timeoutMs} ms`;
    let oldest: number | undefined;
    for (const call of this.#sent()) {
      if (call.settled || call.submittedAt === Infinity) continue;
      if (call.submittedAt > limit) {
        oldest = call.submittedAt;
        break;
      }
      call.fail("OPERATION_TIMEOUT", why, "unknown");
    }
    for (let call = this.#queued.peek(); call !== undefined; call = this.#queued.peek()) {
      if (call.submittedAt > limit) {
        oldest ??= call.submittedAt;
        break;
      }
      this.#queued.shift();
      call.fail("OPERATION_TIMEOUT", `${why}: it was never sent`, "not_sent");
    }
    if (oldest === undefined) return;
    this.#timer = this.#clock.timer(Math.max(1, oldest - limit), () => this.#sweep());
  }
}
