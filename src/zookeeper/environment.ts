/** A timer that was set; cancelling one that has fired does nothing. */
export interface Timer {
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
  readonly host: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
}

/** PEM texts for a connection over TLS; `ca` checks the server, `cert` and `key` name the client. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name expected in the server's certificate; the endpoint's host when left out. */
  readonly serverName?: string;
}

/** What a connection tells its user. After `closed`, nothing follows. */
export interface ConnectionHandlers {
  opened(): void;
  data(chunk: Uint8Array): void;
  closed(error?: Error): void;
}

/** A byte stream to one server. */
export interface Connection {
  write(bytes: Uint8Array): void;
  /** Ends it at once; `closed` is still called, once. */
  destroy(): void;
}

/** All that the client needs from the world around it. */
export interface Environment {
  readonly clock: Clock;
  /** Uniform in [0, 1): shuffles hosts, jitters back-off. */
  random(): number;
  dial(endpoint: Endpoint, tls: TlsOptions | undefined, handlers: ConnectionHandlers): Connection;
}
