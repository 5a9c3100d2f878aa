import type {
  Clock,
  Connection,
  Endpoint,
  Environment,
  Timer,
  TlsOptions,
} from "../environment.ts";
import type { Outcome, ZooKeeperErrorCode } from "../errors.ts";
import {
  type ConnectRequest,
  connectRequest,
  type ConnectResponse,
  connectResponse,
} from "../protocol/connect.ts";
import { FrameParser } from "../protocol/frames.ts";
import { OpCode, Xid } from "../protocol/opcodes.ts";
import { Reader } from "../protocol/reader.ts";
import { type WatcherEvent, watcherEvent } from "../protocol/records.ts";
import { authRequest } from "../protocol/requests.ts";
import { Writer } from "../protocol/writer.ts";
import type { Call } from "./call.ts";
import { Fifo } from "./fifo.ts";
import { Liveness } from "./liveness.ts";

/** Bytes of a reply. Servers send child lists far over their own limit for requests. */
const MAX_REPLY_BYTES = 64 * 1_048_576;

export interface Credential {
  readonly scheme: string;
  readonly credential: Uint8Array;
}

export interface LinkOptions {
  readonly endpoint: Endpoint;
  readonly tls: TlsOptions | undefined;
  readonly auth: readonly Credential[];
  /** ms until the server must have answered the ConnectRequest. */
  readonly attemptMs: number;
  /** Bytes of a request, its length field excluded. */
  readonly maxRequestBytes: number;
}

/** What a link tells its session. After `lost`, nothing follows. */
export interface LinkHandlers {
  /** Asked once, when the stream is open. */
  handshake(): ConnectRequest;
  established(response: ConnectResponse): void;
  /** Every credential was accepted; also where there are none. */
  authenticated(): void;
  authRefused(): void;
  event(event: WatcherEvent): void;
  lost(cause: Error): void;
}

/**
 * One connection to one server: handshake, requests in strict order, pings, and the deadlines that
 * tell a dead peer (`ClientCnxn.SendThread`: read deadline 2/3 of the session timeout, ping after
 * 1/3 without a request). Requests made in one turn of the event loop leave in one write.
 */
export class Link {
  readonly endpoint: Endpoint;
  readonly #options: LinkOptions;
  readonly #environment: Environment;
  readonly #clock: Clock;
  readonly #handlers: LinkHandlers;
  readonly #writer = new Writer();
  readonly #reader = new Reader();
  readonly #parser: FrameParser;
  readonly #pending = new Fifo<Call>();
  #connection: Connection | undefined;
  #timer: Timer | undefined;
  #established = false;
  #dead = false;
  #nextXid = 1;
  #authOutstanding: number;
  #flushScheduled = false;
  /** Known once the session stands. */
  #liveness: Liveness | undefined;
  /** ms on the client's clock: when the latest request, or the ConnectRequest, was sent. */
  #sentAt = 0;
  /** ms on the client's clock: when the latest chunk came. */
  #heardAt = 0;
  #inDoubt = false;
  #zxidHigh = 0;
  #zxidLow = 0;

  constructor(options: LinkOptions, environment: Environment, handlers: LinkHandlers) {
    this.endpoint = options.endpoint;
    this.#options = options;
    this.#environment = environment;
    this.#clock = environment.clock;
    this.#handlers = handlers;
    this.#authOutstanding = options.auth.length;
    this.#parser = new FrameParser(
      MAX_REPLY_BYTES,
      (bytes, start, end) => this.#frame(bytes, start, end),
    );
  }

  /** ms on the client's clock: when the latest request was sent that the server has answered. */
  get renewedAt(): number {
    return this.#liveness?.renewedAt ?? 0;
  }

  /** Latest transaction that a reply has told of; 0n if none. */
  get lastZxid(): bigint {
    return (BigInt(this.#zxidHigh) << 32n) | BigInt(this.#zxidLow >>> 0);
  }

  dial(): void {
    const { endpoint, tls, attemptMs } = this.#options;
    this.#timer = this.#clock.timer(
      attemptMs,
      () => this.drop(new Error(`No session with ${nameOf(endpoint)} within ${attemptMs} ms`)),
    );
    const connection = this.#environment.dial(endpoint, tls, {
      opened: () => this.#opened(),
      data: (chunk) => this.#data(chunk),
      closed: (error) => this.drop(error ?? new Error(`${nameOf(endpoint)} closed the connection`)),
    });
    this.#connection = connection;
    if (this.#dead) connection.destroy();
    else this.#flush();
  }

  /** Starts pings and the read deadline, once the session stands. */
  keepAlive(timeoutMs: number): void {
    this.#liveness = new Liveness(timeoutMs, this.#sentAt, this.#heardAt);
    this.#timer?.cancel();
    this.#check();
  }

  /** Writes a request behind those written before. Fails the call itself where it cannot be sent. */
  send(call: Call): void {
    if (this.#dead) return call.fail("CONNECTION_LOSS", "the connection was lost", "not_sent");
    const writer = this.#writer;
    const frame = writer.beginFrame();
    try {
      writer.int(this.#nextXid);
      writer.int(call.type);
      call.write(writer);
    } catch (error) {
      writer.rewind(frame);
      return call.fail("BAD_ARGUMENTS", "it cannot be encoded", "not_sent", error);
    }
    const length = writer.frameLength(frame);
    const limit = this.#options.maxRequestBytes;
    if (length > limit) {
      writer.rewind(frame);
      const why = `the request has ${length} bytes, the server accepts ${limit}`;
      return call.fail("PACKET_TOO_LARGE", why, "not_sent");
    }
    writer.endFrame(frame);
    call.xid = this.#nextXid;
    this.#nextXid = this.#nextXid === 0x7fff_ffff ? 1 : this.#nextXid + 1;
    this.#scheduleFlush();
    call.sentAt = this.#sentAt;
    this.#pending.push(call);
  }

  /** Requests that wait for their reply, oldest first. */
  pending(): Iterable<Call> {
    return this.#pending;
  }

  /** Ends the connection and says so to the session; requests without a reply are lost. */
  drop(cause: Error): void {
    if (this.#dead) return;
    this.#end();
    this.#handlers.lost(cause);
    this.#abandon("CONNECTION_LOSS", "the connection was lost", "unknown", cause);
  }

  /** Ends the connection without a word to the session. */
  destroy(code: ZooKeeperErrorCode, why: string): void {
    if (this.#dead) return;
    this.#end();
    this.#abandon(code, why, "unknown");
  }

  #end(): void {
    this.#dead = true;
    this.#timer?.cancel();
    this.#connection?.destroy();
  }

  #abandon(code: ZooKeeperErrorCode, why: string, outcome: Outcome, cause?: Error): void {
    for (const call of this.#pending.drain()) call.fail(code, why, outcome, cause);
  }

  #opened(): void {
    if (this.#dead) return;
    const frame = this.#writer.beginFrame();
    connectRequest.write(this.#writer, this.#handlers.handshake());
    this.#writer.endFrame(frame);
    for (const credential of this.#options.auth) this.#authenticate(credential);
    this.#sentAt = this.#clock.monotonic();
    this.#flush();
  }

  /**
   * Credentials follow the ConnectRequest without waiting for its answer: a server reads nothing more
   * from a connection until its session stands (`ZooKeeperServer.processConnectRequest`), so they
   * come right after it and before any operation.
   */
  #authenticate(credential: Credential): void {
    const frame = this.#writer.beginFrame();
    this.#writer.int(Xid.auth);
    this.#writer.int(OpCode.auth);
    authRequest.write(this.#writer, credential);
    this.#writer.endFrame(frame);
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#sentAt = this.#clock.monotonic();
    this.#liveness?.sent(this.#sentAt);
    queueMicrotask(() => {
      this.#flushScheduled = false;
      if (!this.#dead) this.#flush();
    });
  }

  #flush(): void {
    // A connection that opens within `dial` is not at hand yet: `dial` flushes again.
    if (this.#connection === undefined || this.#writer.length === 0) return;
    this.#connection.write(this.#writer.take());
  }

  #data(chunk: Uint8Array): void {
    if (this.#dead) return;
    this.#heardAt = this.#clock.monotonic();
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.drop(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #frame(bytes: Uint8Array, start: number, end: number): void {
    if (this.#dead) return;
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    if (!this.#established) return this.#greet(connectResponse.read(reader));
    const xid = reader.int();
    const zxidHigh = reader.int();
    const zxidLow = reader.int();
    const error = reader.int();
    if (xid === Xid.notification) return this.#handlers.event(watcherEvent.read(reader));
    this.#inDoubt = false;
    if (zxidHigh > 0 || (zxidHigh === 0 && zxidLow !== 0)) {
      this.#zxidHigh = zxidHigh;
      this.#zxidLow = zxidLow;
    }
    if (xid === Xid.ping) this.#liveness?.ponged(this.#heardAt);
    else if (xid === Xid.auth) this.#authReply(error);
    else this.#reply(xid, error);
  }

  #greet(response: ConnectResponse): void {
    this.#established = true;
    this.#handlers.established(response);
    if (this.#authOutstanding === 0 && !this.#dead) this.#handlers.authenticated();
  }

  #authReply(error: number): void {
    if (error !== 0) return this.#handlers.authRefused();
    this.#authOutstanding--;
    if (this.#authOutstanding === 0) this.#handlers.authenticated();
  }

  #reply(xid: number, error: number): void {
    const call = this.#pending.peek();
    if (call === undefined || call.xid !== xid) {
      const expected = call === undefined ? "none" : String(call.xid);
      return this.drop(new Error(`Reply to request ${xid} where ${expected} was expected`));
    }
    this.#liveness?.answered(this.#heardAt, call.sentAt);
    if (error === 0) call.succeed(this.#reader);
    else call.refuse(error);
    // Only now: a reply that cannot be read leaves its call to those that the drop fails.
    this.#pending.shift();
  }

  #schedule(ms: number): void {
    this.#timer = this.#clock.timer(ms, () => this.#check());
  }

  /** Looks after pings and silence; set again for the earlier of the two. */
  #check(): void {
    const liveness = this.#liveness;
    if (liveness === undefined) return;
    const now = this.#clock.monotonic();
    const oldestSentAt = this.#pending.peek()?.sentAt ?? Infinity;
    if (now >= liveness.deadline(oldestSentAt)) {
      if (this.#inDoubt) {
        const silence = Math.round(now - liveness.answeredAt);
        return this.drop(new Error(`No answer from ${nameOf(this.endpoint)} for ${silence} ms`));
      }
      // After a blocked event loop, timers run before the socket is read: let it be read once.
      this.#inDoubt = true;
      return this.#schedule(1);
    }
    if (now >= liveness.pingAt) this.#ping(liveness, now);
    const next = Math.min(liveness.deadline(oldestSentAt), liveness.pingAt);
    this.#schedule(Math.max(1, next - now));
  }

  #ping(liveness: Liveness, now: number): void {
    const frame = this.#writer.beginFrame();
    this.#writer.int(Xid.ping);
    this.#writer.int(OpCode.ping);
    this.#writer.endFrame(frame);
    liveness.pinged(now);
    this.#flush();
  }
}

function nameOf(endpoint: Endpoint): string {
  return `${endpoint.host}:${endpoint.port}`;
}
