/** What a coordinator allows its clients. */
export interface CoordinatorLimits {
  /** ms: the unit of session timeouts, which last 2 to 20 ticks unless said otherwise. */
  readonly tickMs: number;
  /** ms. */
  readonly minSessionTimeoutMs: number;
  /** ms. */
  readonly maxSessionTimeoutMs: number;
  /** Bytes of one packet (`jute.maxbuffer`). */
  readonly maxPacketBytes: number;
  /** Connections open at once. */
  readonly maxConnections: number;
  /** ms in which a connection must have greeted, or have taken the last words. */
  readonly handshakeTimeoutMs: number;
  /** ms between two looks for containers that have been emptied. */
  readonly containerCheckMs: number;
  /** Bytes of log after which a snapshot is taken. */
  readonly snapshotAfterBytes: number;
}

/** ZooKeeper's own defaults, where it has some; a tick is `tickMs` long. */
export function defaultLimits(tickMs = 2_000): CoordinatorLimits {
  return {
    tickMs,
    minSessionTimeoutMs: 2 * tickMs,
    maxSessionTimeoutMs: 20 * tickMs,
    maxPacketBytes: 0xfffff,
    maxConnections: 10_000,
    handshakeTimeoutMs: 10_000,
    containerCheckMs: 60_000,
    snapshotAfterBytes: 33_554_432,
  };
}
