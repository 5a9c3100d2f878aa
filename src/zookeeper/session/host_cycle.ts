import type { Endpoint } from "../environment.ts";

/** ms; first and longest wait between two rounds over the hosts. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 1_000;

/**
 * Which server to try next, and how long to wait before. The hosts are shuffled once, so that the
 * clients of an ensemble spread over it. Within a round there is no wait; between rounds it doubles,
 * with jitter, so that clients do not come back all at once after an outage.
 */
export class HostCycle {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: () => number;
  #index = 0;
  #attempts = 0;

  constructor(endpoints: readonly Endpoint[], random: () => number) {
    this.#endpoints = shuffled(endpoints, random);
    this.#random = random;
  }

  get size(): number {
    return this.#endpoints.length;
  }

  /** Times that every server has been tried. */
  get rounds(): number {
    return Math.floor(this.#attempts / this.size);
  }

  /** ms to wait before the next attempt. */
  wait(): number {
    const round = this.rounds;
    if (round === 0 || this.#attempts % this.size !== 0) return 0;
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (round - 1));
    return longest * (0.5 + this.#random() / 2);
  }

  next(): Endpoint | undefined {
    const endpoint = this.#endpoints[this.#index];
    this.#index = (this.#index + 1) % this.size;
    this.#attempts++;
    return endpoint;
  }

  /** A connection has stood for a while: the next attempt follows at once. */
  reset(): void {
    this.#attempts = 0;
  }
}

/** Fisher–Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}
