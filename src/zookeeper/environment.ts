/** A timer that was set; cancelling one that has fired does nothing. */
export interface Timer {
  /** Keeps the timer from firing. */
  cancel(): void;
}

/** Time as the client sees it. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `fire` once, `ms` from now at the earliest. */
  timer(ms: number, fire: () => void): Timer;
}

/** Where a server listens. */
export interface Endpoint {
  /** Name or address, an IPv6 address without its brackets. */
  readonly host: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
}

/** PEM texts for a connection over TLS; `ca` checks the server, `cert` and `key` name the client. */
export interface TlsOptions {
  /**
   * Certificates of the authorities that may have signed the server's; the machine's own when left
   * out.
   */
  readonly ca?: string;
  /** Certificate of the client, for servers that ask for one. */
  readonly cert?: string;
  /** Private key that belongs to `cert`. */
  readonly key?: string;
  /** Name expected in the server's certificate; the endpoint's host when left out. */
  readonly serverName?: string;
}

/** What a connection tells its user. After `closed`, nothing follows. */
export interface ConnectionHandlers {
  /**
   * The connection stands, with TLS after its handshake: bytes may be written. Called at most once.
   */
  opened(): void;
  /** Bytes that arrived, in order, cut anywhere. The receiver may keep the array. */
  data(chunk: Uint8Array): void;
  /**
   * The connection has ended, or never stood; the error is missing where either side closed it in
   * order.
   */
  closed(error?: Error): void;
}

/** A byte stream to one server. */
export interface Connection {
  /**
   * Sends bytes behind those that were written before; what the system does not take yet is kept.
   */
  write(bytes: Uint8Array): void;
  /** Ends it at once; `closed` is still called, once. */
  destroy(): void;
}

/** All that the client needs from the world around it. */
export interface Environment {
  /** Every deadline, heartbeat and pause is measured by it. */
  readonly clock: Clock;
  /** Uniform in [0, 1): shuffles hosts, jitters back-off. */
  random(): number;
  /**
   * Opens a connection, over TLS where options are given. Never throws: a failure is told by
   * `closed`.
   */
  dial(endpoint: Endpoint, tls: TlsOptions | undefined, handlers: ConnectionHandlers): Connection;
}
