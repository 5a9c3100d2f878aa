import { readPatiently } from "../coordination/readings.ts";
import { type Clock, sleep } from "../platform/clock.ts";

/**
 * Something that is read again whenever it is asked for: one reading at a time, the next one `gapMs` after
 * the last at the earliest. What is asked for during a reading, or in the gap, is one more reading. A lost
 * connection delays it.
 */
export class Errand {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #run: () => Promise<void>;
  #isDue = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, gapMs: number, run: () => Promise<void>) {
    this.#clock = clock;
    this.#gapMs = gapMs;
    this.#run = run;
  }

  ask(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  /** Reads as asked until the signal is aborted. Throws what the reading throws. */
  async follow(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#asked(signal);
        if (signal.aborted) return;
        this.#isDue = false;
        await readPatiently(this.#clock, signal, this.#run);
        await sleep(this.#clock, this.#gapMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #asked(signal: AbortSignal): Promise<void> {
    if (this.#isDue) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = undefined;
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
