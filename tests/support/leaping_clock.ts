import type { Clock, Timer } from "../../src/platform/clock.ts";

/**
 * Virtual time that leaps to the next deadline by itself, a moment after a timer was set: for code that
 * does real input and output between its waits, where nobody could say when to advance.
 */
export class LeapingClock implements Clock {
  readonly #timers = new Set<{ readonly due: number; readonly fire: () => void }>();
  #elapsed = 0;

  now(): number {
    return Date.UTC(2026, 0, 1) + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  timer(ms: number, fire: () => void): Timer {
    const timer = { due: this.#elapsed + Math.max(0, ms), fire };
    this.#timers.add(timer);
    setTimeout(() => this.#leap(), 2);
    return { cancel: () => this.#timers.delete(timer) };
  }

  #leap(): void {
    const [next] = [...this.#timers].sort((a, b) => a.due - b.due);
    if (next === undefined) return;
    this.#timers.delete(next);
    this.#elapsed = next.due;
    next.fire();
  }
}
