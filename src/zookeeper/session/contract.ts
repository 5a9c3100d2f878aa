import type { Endpoint, TlsOptions } from "../environment.ts";
import type { WatcherEvent } from "../protocol/records.ts";
import type { StateChange } from "../zookeeper.ts";
import type { Request } from "./call.ts";
import type { Credential } from "./link.ts";

export interface SessionOptions {
  readonly endpoints: readonly Endpoint[];
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly connectRounds: number;
  readonly operationTimeoutMs: number | undefined;
  readonly auth: readonly Credential[];
  readonly tls: TlsOptions | undefined;
  /** Bytes of a request, its length field excluded. */
  readonly maxRequestBytes: number;
}

/** What a session tells its client. */
export interface SessionHandlers {
  stateChanged(change: StateChange): void;
  event(event: WatcherEvent): void;
  disconnected(): void;
  /** Requests that set the watches again, sent before all others on a new connection. */
  restore(lastZxid: bigint, isNewSession: boolean): readonly Request<void>[];
  /** All of them have been answered. */
  restored(): void;
}
