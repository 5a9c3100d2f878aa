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
  #elapsed = 0;

  /** `start`: what `now()` says at first, in ms since 1970. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  timer(ms: number, fire: () => void): Timer {
    const timer: Pending = { due: this.#elapsed + Math.max(0, ms), fire };
    const after = this.#timers.findIndex((other) => other.due > timer.due);
    this.#timers.splice(after < 0 ? this.#timers.length : after, 0, timer);
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
    await settled();
    for (let next = this.#timers[0]; next && next.due <= target; next = this.#timers[0]) {
      this.#timers.shift();
      this.#elapsed = next.due;
      next.fire();
      await settled();
    }
    this.#elapsed = target;
  }
}

/** Resolves when all promise reactions that are ready, and those they lead to, have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
