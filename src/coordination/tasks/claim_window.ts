/** Candidates among which a claimer picks at most. */
const MAX_WINDOW = 256;
/** ms without a conflict after which a claimer takes itself for alone. */
const CALM_MS = 1_000;
const WIDER = 2;
const NARROWER = 0.75;
/** Part of the window to which a claimer keeps while the head of the queue does not move. */
const OVERDUE = 1 / 8;

/**
 * How many of the first candidates a claimer picks from. Alone, exactly the first. Each conflict
 * doubles the window and each success narrows it, which settles where about three claims in ten meet
 * a conflict, whatever the number of claimers. A head that has been passed over since this claimer
 * last looked is taken from a small part of the window, so that it does not wait for ever.
 */
export class ClaimWindow {
  #size = 1;
  #lastConflict = -Infinity;
  #head = "";

  /** Candidates to be read. */
  size(now: number): number {
    if (now - this.#lastConflict > CALM_MS) this.#size = 1;
    return Math.max(1, Math.round(this.#size));
  }

  /** Index of the candidate to try, of so many, the first of which is `head`. */
  pick(count: number, head: string, now: number, random: number): number {
    const isOverdue = head === this.#head;
    this.#head = head;
    const size = Math.min(count, this.size(now));
    const width = isOverdue ? Math.max(1, Math.ceil(size * OVERDUE)) : size;
    return Math.min(width - 1, Math.floor(random * width));
  }

  /** Somebody else was faster. */
  conflict(now: number): void {
    this.#size = Math.min(MAX_WINDOW, this.size(now) * WIDER);
    this.#lastConflict = now;
  }

  success(): void {
    this.#size = Math.max(1, this.#size * NARROWER);
  }
}
