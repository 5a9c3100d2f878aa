import { OrchestratorError } from "../domain/errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import { isLoss } from "../coordination/losses.ts";

/** ms before an errand that the connection, or a rival, broke off is begun again. */
const AGAIN_MS = 200;

export interface ErrandsOptions {
  readonly clock: Clock;
  /** Errands under way at once. */
  readonly limit: number;
  /** Ends all of them. */
  readonly signal: AbortSignal;
  /** An error that trying again does not mend; the errand is dropped until it is offered again. */
  readonly onError: (key: string, error: unknown) => void;
}

/**
 * Work that is to be done once for each key, however often it is offered: what is under way is not
 * begun again, what a lost connection or contention broke off is, until it is done.
 */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #waiting = new Map<string, () => Promise<void>>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: ErrandsOptions) {
    this.#options = options;
  }

  /** Begins an errand, now or when there is a free hand; not one that waits or is under way. */
  offer(key: string, work: () => Promise<void>): void {
    if (this.#waiting.has(key) || this.#running.has(key)) return;
    this.#waiting.set(key, work);
    this.#next();
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  #next(): void {
    const { limit, signal } = this.#options;
    for (const [key, work] of this.#waiting) {
      if (this.#running.size >= limit || signal.aborted) return;
      this.#waiting.delete(key);
      const run = this.#run(key, work).finally(() => {
        this.#running.delete(key);
        this.#next();
      });
      this.#running.set(key, run);
    }
  }

  async #run(key: string, work: () => Promise<void>): Promise<void> {
    const { clock, signal, onError } = this.#options;
    while (!signal.aborted) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error)) return onError(key, error);
      }
      await sleep(clock, AGAIN_MS, signal).catch(() => {});
    }
  }
}

/** Whether trying again may do: the connection broke, or others were faster again and again. */
function isPassing(error: unknown): boolean {
  return isLoss(error) || error instanceof OrchestratorError && error.code === "CONTENTION";
}
