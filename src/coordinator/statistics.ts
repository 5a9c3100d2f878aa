/** Counters since the start, as `ServerStats` of ZooKeeper 3.8 keeps them. */
export class Traffic {
  /** Requests taken. */
  received = 0;
  /** Replies and events sent. */
  sent = 0;
  #answered = 0;
  #totalMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  /** A request was answered so many ms after it came. */
  answered(ms: number): void {
    this.#answered++;
    this.#totalMs += ms;
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** ms from request to reply. */
  latency(): { readonly min: number; readonly average: number; readonly max: number } {
    if (this.#answered === 0) return { min: 0, average: 0, max: 0 };
    return { min: this.#minMs, average: this.#totalMs / this.#answered, max: this.#maxMs };
  }
}

/** What a coordinator says of itself. */
export interface CoordinatorStatistics {
  readonly startedAt: number;
  /** ms. */
  readonly uptimeMs: number;
  readonly connections: number;
  readonly sessions: number;
  readonly nodes: number;
  readonly ephemerals: number;
  readonly watches: number;
  /** Bytes of all paths and data. */
  readonly dataBytes: number;
  /** Bytes of the log since the last snapshot. */
  readonly logBytes: number;
  readonly zxid: number;
  readonly received: number;
  readonly sent: number;
  /** Transactions that are not on disk yet. */
  readonly outstanding: number;
  /** ms from request to reply. */
  readonly latency: { readonly min: number; readonly average: number; readonly max: number };
  /** Why writes are refused at the moment, such as a full disk; null while they are not. */
  readonly refusal: string | null;
}
