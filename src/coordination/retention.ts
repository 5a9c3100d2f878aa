/** What one batch of retention is to do; the caller decides when the next one is due. */
export interface SweepOptions {
  /** What ended, or was written, longer ago than so many ms. */
  readonly olderThanMs: number;
  /** At most so many. */
  readonly limit: number;
}

/** What one batch of retention came to. */
export interface Swept {
  /** Removed in this batch. */
  readonly removed: number;
  /** Whether a further call would find more. */
  readonly more: boolean;
}
