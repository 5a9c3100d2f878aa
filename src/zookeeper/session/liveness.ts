import { Fifo } from "./fifo.ts";

/**
 * Whether the server at the other end lives, judged by its answers to what was asked; what it tells
 * unasked is no sign that it hears. All times are ms on the client's clock.
 */
export class Liveness {
  readonly #timeoutMs: number;
  /** When the pings without an answer were sent. */
  readonly #pings = new Fifo<number>();
  #sentAt: number;
  #answeredAt: number;
  #renewedAt: number;

  /** `sentAt`: when the ConnectRequest was sent; `answeredAt`: when the session was granted. */
  constructor(timeoutMs: number, sentAt: number, answeredAt: number) {
    this.#timeoutMs = timeoutMs;
    this.#sentAt = this.#renewedAt = sentAt;
    this.#answeredAt = answeredAt;
  }

  /**
   * When the latest request was sent that the server has answered: it counts the session from then
   * or later.
   */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** When a ping is due, if nothing is sent before: a third of the timeout after the last request. */
  get pingAt(): number {
    return this.#sentAt + this.#timeoutMs / 3;
  }

  sent(at: number): void {
    this.#sentAt = at;
  }

  pinged(at: number): void {
    this.#sentAt = at;
    this.#pings.push(at);
  }

  /** An answer has come to a request that was sent at a certain time. */
  answered(at: number, sentAt: number): void {
    this.#answeredAt = at;
    if (sentAt > this.#renewedAt) this.#renewedAt = sentAt;
  }

  /** An answer has come to the oldest ping. */
  ponged(at: number): void {
    this.answered(at, this.#pings.shift() ?? 0);
  }

  /**
   * When a server that has not answered counts as silent: two thirds of the timeout after its last
   * answer, if something has been without one for a third, since a client that was blocked itself
   * has asked nothing; and in any case when the session may have expired there. `oldestSentAt`: when
   * the oldest request without a reply was sent, Infinity where there is none.
   */
  deadline(oldestSentAt: number): number {
    const third = this.#timeoutMs / 3;
    const oldest = Math.min(this.#pings.peek() ?? Infinity, oldestSentAt);
    const silent = Math.max(this.#answeredAt + 2 * third, oldest + third);
    return Math.min(silent, this.#renewedAt + this.#timeoutMs);
  }
}
