import { terminalLine } from "../agent/terminal_text.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import { isLoss } from "../coordination/losses.ts";
import type { LeaderContext } from "./context.ts";

/** ms before an errand that the connection, or a rival, broke off is begun again. */
const AGAIN_MS = 200;
/** ms before one that met another error is; doubled each time in a row, up to the second. */
const AFTER_ERROR_MS = 1_000;
const LONGEST_MS = 60_000;

export interface ErrandsOptions {
  readonly clock: Clock;
  /** Errands under way at once. */
  readonly limit: number;
  /** Ends all of them. */
  readonly signal: AbortSignal;
  /** Told of an error that is none of the connection's; the errand is begun again after a while. */
  readonly onError: (key: string, error: unknown) => void;
}

/**
 * Work that is to be done once for each key, however often it is offered: what is under way is not
 * begun again; what an error broke off is, later, until it is done. So nothing is left lying because of
 * a template that somebody has yet to mend, or a disk that was full.
 */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #waiting = new Map<string, () => Promise<void>>();
  readonly #running = new Map<string, Promise<void>>();
  /** Broken off, and not to be begun again yet; they keep nobody's hand from other work. */
  readonly #resting = new Map<string, Promise<void>>();
  /** Errors in a row. */
  readonly #errors = new Map<string, number>();

  constructor(options: ErrandsOptions) {
    this.#options = options;
  }

  /** Begins an errand, now or when there is a free hand; not one that waits, rests or is under way. */
  offer(key: string, work: () => Promise<void>): void {
    const isKnown = this.#waiting.has(key) || this.#running.has(key) || this.#resting.has(key);
    if (isKnown) return;
    this.#waiting.set(key, work);
    this.#next();
  }

  /** Resolves when nothing is under way any more; only once the signal is aborted. */
  async settled(): Promise<void> {
    while (this.#running.size + this.#resting.size > 0) {
      await Promise.all([...this.#running.values(), ...this.#resting.values()]);
    }
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
    const { signal, onError } = this.#options;
    try {
      await work();
      this.#errors.delete(key);
    } catch (error) {
      if (signal.aborted || isDeposed(error)) return;
      if (isPassing(error)) return this.#rest(key, work, AGAIN_MS);
      const errors = this.#errors.get(key) ?? 0;
      this.#errors.set(key, errors + 1);
      onError(key, error);
      this.#rest(key, work, Math.min(LONGEST_MS, AFTER_ERROR_MS * 2 ** Math.min(errors, 30)));
    }
  }

  #rest(key: string, work: () => Promise<void>, ms: number): void {
    const { clock, signal } = this.#options;
    const rest = sleep(clock, ms, signal).catch(() => {}).then(() => {
      this.#resting.delete(key);
      if (!signal.aborted) this.offer(key, work);
    });
    this.#resting.set(key, rest);
  }
}

/** Whether trying again may do: the connection broke, or others were faster again and again. */
function isPassing(error: unknown): boolean {
  return isLoss(error) || error instanceof OrchestratorError && error.code === "CONTENTION";
}

/** Another one leads; the term ends as soon as this is noticed. */
function isDeposed(error: unknown): boolean {
  return error instanceof OrchestratorError && error.code === "DEPOSED";
}

/**
 * Errands of a term, so many at once, which end with it. What goes wrong is shown as `Cannot {verb}
 * {key}`.
 */
export function errandsOf(
  { clock, term, show }: LeaderContext,
  { verb, limit }: { readonly verb: string; readonly limit: number },
): Errands {
  return new Errands({
    clock,
    limit,
    signal: term.signal,
    onError: (key, error) => show(terminalLine(`Cannot ${verb} ${key}: ${error}`)),
  });
}
