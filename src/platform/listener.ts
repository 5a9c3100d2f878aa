/** Where a listener listens, or whence a connection comes. */
export interface SocketAddress {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
}

/** A connection that somebody else has opened. */
export interface Peer {
  readonly address: SocketAddress;
  /** Bytes that were written and have not reached the kernel yet. */
  readonly bufferedBytes: number;
  /** The bytes must not be changed afterwards. */
  write(bytes: Uint8Array): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Ends it at once; `closed` is still called, once. */
  destroy(): void;
  /** Takes no more from the other side until `resume`, so that it has to wait. */
  pause(): void;
  resume(): void;
}

/** What a peer tells its user. After `closed`, nothing follows. */
export interface PeerHandlers {
  /** The bytes are the user's for the duration of the call only. */
  data(chunk: Uint8Array): void;
  /** All that was written has reached the kernel. */
  drained(): void;
  closed(): void;
}

export interface Listening {
  readonly address: SocketAddress;
  /** Takes no new connections; those that are open stay. */
  close(): Promise<void>;
}

/** Accepts byte streams from others. Rejects where it cannot listen, as on a port that is taken. */
export type Listen = (
  address: SocketAddress,
  accept: (peer: Peer) => PeerHandlers,
) => Promise<Listening>;
