import type {
  Clock,
  Connection,
  ConnectionHandlers,
  Endpoint,
  Environment,
} from "../environment.ts";
import { type ConnectRequest, connectRequest, connectResponse } from "../protocol/connect.ts";
import { FrameParser } from "../protocol/frames.ts";
import { OpCode, Xid } from "../protocol/opcodes.ts";
import { Reader } from "../protocol/reader.ts";
import { replyHeader, requestHeader, watcherEvent } from "../protocol/records.ts";
import { Writer } from "../protocol/writer.ts";

/** A request as it came over the wire; `body` stands behind the header. */
export interface ScriptedRequest {
  readonly xid: number;
  readonly type: number;
  readonly body: Reader;
}

/** The connections that a client opens, played by a test: nothing happens by itself. */
export class ScriptedNetwork {
  readonly connections: ScriptedConnection[] = [];
  readonly environment: Environment;

  constructor(clock: Clock, random: () => number = () => 0) {
    this.environment = {
      clock,
      random,
      dial: (endpoint, _tls, handlers) => {
        const connection = new ScriptedConnection(endpoint, handlers);
        this.connections.push(connection);
        return connection;
      },
    };
  }

  /** The connection that was opened last. */
  get latest(): ScriptedConnection {
    const latest = this.connections.at(-1);
    if (latest === undefined) throw new Error("Nothing was dialed");
    return latest;
  }
}

/** The server's side of one connection. */
export class ScriptedConnection implements Connection {
  readonly endpoint: Endpoint;
  /** Calls of `write` so far. */
  writes = 0;
  /** The client has left. */
  isDestroyed = false;
  readonly #handlers: ConnectionHandlers;
  readonly #frames: Uint8Array[] = [];
  readonly #parser = new FrameParser(
    2 ** 24,
    (bytes, start, end) => this.#frames.push(bytes.slice(start, end)),
  );
  #isClosed = false;

  constructor(endpoint: Endpoint, handlers: ConnectionHandlers) {
    this.endpoint = endpoint;
    this.#handlers = handlers;
  }

  write(bytes: Uint8Array): void {
    this.writes++;
    this.#parser.push(bytes);
  }

  destroy(): void {
    this.isDestroyed = true;
    queueMicrotask(() => this.close());
  }

  /** The stream is open; gives the ConnectRequest that follows. */
  open(): ConnectRequest {
    this.#handlers.opened();
    const frame = this.#frames.shift();
    if (frame === undefined) throw new Error("No ConnectRequest was sent");
    return connectRequest.read(new Reader(frame));
  }

  /** Opens and answers the ConnectRequest; a timeout of 0 refuses the session. */
  accept(sessionId: bigint, timeoutMs = 9_000): ConnectRequest {
    const request = this.open();
    this.#send((writer) =>
      connectResponse.write(writer, {
        protocolVersion: 0,
        timeoutMs,
        sessionId,
        password: new Uint8Array(16).fill(Number(sessionId & 0xffn)),
        readOnly: false,
      })
    );
    return request;
  }

  /** Requests that have come since the last call, pings left out. */
  requests(): ScriptedRequest[] {
    return this.everything().filter(({ type }) => type !== OpCode.ping);
  }

  /** Requests that have come since the last call. */
  everything(): ScriptedRequest[] {
    return this.#frames.splice(0).map((frame) => {
      const body = new Reader(frame);
      return { ...requestHeader.read(body), body };
    });
  }

  /** Answers a request; `write` writes the body. */
  reply(
    { xid }: { readonly xid: number },
    { error = 0, zxid = 1n, write }: {
      readonly error?: number;
      readonly zxid?: bigint;
      readonly write?: (writer: Writer) => void;
    } = {},
  ): void {
    this.#send((writer) => {
      replyHeader.write(writer, { xid, zxid, error });
      write?.(writer);
    });
  }

  event(type: number, path: string): void {
    this.#send((writer) => {
      replyHeader.write(writer, { xid: Xid.notification, zxid: -1n, error: 0 });
      watcherEvent.write(writer, { type, state: 3, path });
    });
  }

  /** Bytes as they are. */
  data(bytes: Uint8Array): void {
    this.#handlers.data(bytes);
  }

  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handlers.closed(error);
  }

  #send(write: (writer: Writer) => void): void {
    const writer = new Writer();
    const frame = writer.beginFrame();
    write(writer);
    writer.endFrame(frame);
    this.#handlers.data(writer.take());
  }
}
