import type { Clock, Timer } from "../clock.ts";

interface Pending {
  readonly due: number;
  readonly fire: () => void;
}

/**
 * Time that stands still until it is advanced. Timers fire in the order of their deadlines, those
 * with the same deadline in the order in which they were set.
 */
export class VirtualClock implements Clock {
  /** Sorted by `due`. */
  readonly #timers: Pending[] = [];
  readonly #start: number;
  readonly #settle: () => Promise<void>;
  #elapsed = 0;

  /**
   * `start`: what `now()` says at first, in ms since 1970. `settle` resolves when all promise reactions
   * that are ready, and those they lead to, have run.
   */
  constructor(start = Date.UTC(2026, 0, 1), settle: () => Promise<void> = settled) {
    this.#start = start;
    this.#settle = settle;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  timer(ms: number, fire: () => void): Timer {
    const timer: Pending = { due: this.#elapsed + Math.max(0, ms), fire };
    this.#timers.splice(this.#placeOf(timer.due), 0, timer);
    return {
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.#timers.length;
  }

  /**
   * Moves on by `ms`, stopping at each deadline on the way, also at those set meanwhile. Promises
   * that a timer settles run to their ends before the next timer fires.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsed + ms;
    await this.#settle();
    for (let next = this.#timers[0]; next && next.due <= target; next = this.#timers[0]) {
      this.#timers.shift();
      this.#elapsed = next.due;
      next.fire();
      await this.#settle();
    }
    this.#elapsed = target;
  }

  /** Behind all timers that are due by then. */
  #placeOf(due: number): number {
    let from = 0;
    let to = this.#timers.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#timers[middle]?.due ?? Infinity) <= due) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** By a timer of the runtime, which fires behind them on every one. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
