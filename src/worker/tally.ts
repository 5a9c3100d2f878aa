/** What a Worker did, by what became of it, and what that cost in USD. */
export interface WorkerSummary {
  readonly completed: number;
  readonly failed: number;
  readonly blocked: number;
  readonly released: number;
  readonly messages: number;
  readonly cost_usd: number;
}

/** Counts as a Worker goes. */
export class Tally {
  readonly #counts = { completed: 0, failed: 0, blocked: 0, released: 0, messages: 0 };
  #costUsd = 0;

  /** What there is no count for adds its cost only. */
  add(what: string, costUsd: number | null): void {
    this.#costUsd += costUsd ?? 0;
    if (isCounted(what, this.#counts)) this.#counts[what]++;
  }

  summary(): WorkerSummary {
    return { ...this.#counts, cost_usd: Math.round(this.#costUsd * 1e6) / 1e6 };
  }
}

function isCounted<K extends string>(what: string, counts: Record<K, number>): what is K {
  return Object.hasOwn(counts, what);
}
