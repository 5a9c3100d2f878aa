import type { SocketAddress } from "../platform/listener.ts";
import type { Writer } from "../zookeeper/protocol/writer.ts";

/** The way to one client. What is written is sent at the end of the turn. */
export interface Channel {
  /** Where the client is. */
  readonly address: SocketAddress;
  /** Whether nothing more can be sent. */
  readonly isClosed: boolean;
  /** Begins a reply; its body goes to the writer that is returned, and `sent` ends it. */
  reply(xid: number, zxid: number, error: number): Writer;
  /** Begins a packet without a header; `sent` ends it. */
  packet(): Writer;
  sent(): void;
  /** A whole reply without a body. */
  sendHeader(xid: number, zxid: number, error: number): void;
  sendEvent(type: number, path: string): void;
  /** Sends what was written, then closes; what comes meanwhile is not read. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** A connection as the hub sees it. */
export interface Member {
  /** Whether it has, or had, a session. */
  readonly isClient: boolean;
  /** One line for `cons`. */
  readonly summary: string;
  /** Bytes that the server holds for it. */
  readonly heldBytes: number;
  /** Sends what was written in this turn. */
  flush(): void;
  /** Goes on with frames that had to wait; whether some still have to. */
  goOn(): boolean;
  destroy(): void;
}
