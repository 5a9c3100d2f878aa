import type { HookPoint } from "../domain/hook.ts";

/** Hooks of one process that are run at once, of different points. */
export const MAX_AT_ONCE = 4;

/** Events of one point that wait for their hook. */
export const MAX_WAITING = 1000;

interface Line<T> {
  readonly waiting: { readonly at: number; readonly job: T }[];
  isBusy: boolean;
  dropped: number;
}

export interface QueueOptions<T> {
  /** Never rejects. */
  readonly run: (point: HookPoint, job: T) => Promise<void>;
  /** Told how many jobs of a point were dropped since it was told last. Never rejects. */
  readonly onDropped: (point: HookPoint, count: number) => Promise<void>;
  readonly maxAtOnce?: number;
  readonly maxWaiting?: number;
}

/**
 * Runs jobs: those of one point one after the other in their order, those of different points side by side,
 * a few at once, the one that has waited longest first. What comes while too many of its point wait is
 * dropped, and told once the point comes to run again.
 */
export class HookQueue<T> {
  readonly #options: QueueOptions<T>;
  readonly #maxAtOnce: number;
  readonly #maxWaiting: number;
  readonly #lines = new Map<HookPoint, Line<T>>();
  #busy = 0;
  #count = 0;
  #idle: (() => void)[] = [];

  constructor(options: QueueOptions<T>) {
    this.#options = options;
    this.#maxAtOnce = options.maxAtOnce ?? MAX_AT_ONCE;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
  }

  /** Takes a job, or drops it; never waits. */
  offer(point: HookPoint, job: T): void {
    const line = this.#lineOf(point);
    if (line.waiting.length >= this.#maxWaiting) {
      line.dropped++;
      return;
    }
    line.waiting.push({ at: this.#count++, job });
    this.#begin();
  }

  /** Forgets what waits; returns it by point. What is running goes on. */
  clear(): ReadonlyMap<HookPoint, number> {
    const left = new Map<HookPoint, number>();
    for (const [point, line] of this.#lines) {
      const count = line.waiting.length + line.dropped;
      line.waiting.length = 0;
      line.dropped = 0;
      if (count > 0) left.set(point, count);
    }
    return left;
  }

  /** Resolves when nothing runs and nothing waits. */
  settled(): Promise<void> {
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #lineOf(point: HookPoint): Line<T> {
    const line = this.#lines.get(point) ?? { waiting: [], isBusy: false, dropped: 0 };
    this.#lines.set(point, line);
    return line;
  }

  #begin(): void {
    while (this.#busy < this.#maxAtOnce) {
      const next = this.#next();
      if (next === null) return;
      this.#busy++;
      void this.#work(...next);
    }
  }

  #next(): [HookPoint, Line<T>, T] | null {
    let first: [HookPoint, Line<T>] | null = null;
    let since = Infinity;
    for (const [point, line] of this.#lines) {
      const at = line.isBusy ? undefined : line.waiting[0]?.at;
      if (at === undefined || at >= since) continue;
      since = at;
      first = [point, line];
    }
    const [job] = first === null ? [] : first[1].waiting.splice(0, 1);
    return first === null || job === undefined ? null : [...first, job.job];
  }

  async #work(point: HookPoint, line: Line<T>, job: T): Promise<void> {
    line.isBusy = true;
    await this.#options.run(point, job);
    const { dropped } = line;
    line.dropped = 0;
    if (dropped > 0) await this.#options.onDropped(point, dropped);
    line.isBusy = false;
    this.#busy--;
    this.#begin();
    if (this.#busy === 0) this.#idle.splice(0).forEach((tell) => tell());
  }
}
