import { isSame, type Spent } from "../domain/spent.ts";
import { type Clock, sleep } from "../platform/clock.ts";

/** What follows from a note that failed: none is made any more, or the next one holds all that it did. */
export type Failure = "over" | "again";

export interface BillKeeperNeeds {
  readonly clock: Clock;
  /** ms between two notes. */
  readonly everyMs: number;
  /** Notes all that was used until now, in place of the note before. */
  readonly note: (spent: Spent) => Promise<void>;
  readonly failed: (error: unknown) => Failure;
}

/**
 * Has it noted what an agent uses while it runs, so that it is billed also where this process dies:
 * whenever it has changed, but only every so often. A run that is over before that, or uses nothing,
 * writes nothing.
 */
export class BillKeeper {
  readonly #needs: BillKeeperNeeds;
  readonly #over = new AbortController();
  #spent: Spent | null = null;
  #noted: Spent | null = null;

  constructor(needs: BillKeeperNeeds) {
    this.#needs = needs;
  }

  /** What was used until now. */
  update(spent: Spent): void {
    this.#spent = spent;
  }

  /** Nothing more is noted. */
  end(): void {
    this.#over.abort();
  }

  /** Notes until the end, or until a failure after which there is nothing to be noted; never rejects. */
  async keep(): Promise<void> {
    const { clock, everyMs, failed } = this.#needs;
    const { signal } = this.#over;
    while (!signal.aborted) {
      await sleep(clock, everyMs, signal).catch(() => undefined);
      try {
        if (!signal.aborted) await this.#note();
      } catch (error) {
        if (failed(error) === "over") return;
      }
    }
  }

  async #note(): Promise<void> {
    const spent = this.#spent;
    if (spent === null || this.#noted !== null && isSame(spent, this.#noted)) return;
    await this.#needs.note(spent);
    this.#noted = spent;
  }
}
