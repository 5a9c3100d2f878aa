import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connectRequest, connectResponse } from "../../src/zookeeper/protocol/connect.ts";
import { FrameParser } from "../../src/zookeeper/protocol/frames.ts";
import { OpCode, Xid } from "../../src/zookeeper/protocol/opcodes.ts";
import { Reader } from "../../src/zookeeper/protocol/reader.ts";
import { replyHeader, requestHeader, watcherEvent } from "../../src/zookeeper/protocol/records.ts";
import { Writer } from "../../src/zookeeper/protocol/writer.ts";

/** A reply or an event as it came. */
export type Packet =
  | {
    readonly kind: "reply";
    readonly xid: number;
    readonly zxid: bigint;
    readonly error: number;
    readonly body: Uint8Array;
  }
  | { readonly kind: "event"; readonly type: number; readonly path: string };

/** What opens, or opens again, a session. */
export interface SessionKey {
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

const LARGEST_REPLY = 0x7fff_ffff;
const ANSWER_MS = 10_000;

/** One connection, packet by packet: it keeps the order of all that a server sends. */
export class RawClient {
  /** What the greeting was answered with; the session 0 for one that was turned away. */
  session: SessionKey = { sessionId: 0n, password: new Uint8Array(16) };
  timeoutMs = 0;
  /** All that came since `take`. */
  #packets: Packet[] = [];
  readonly #socket: Socket;
  #wake = () => {};
  #greeted = false;
  #closed = false;

  private constructor(port: number) {
    const parser = new FrameParser(
      LARGEST_REPLY,
      (bytes, start, end) => this.#receive(bytes.slice(start, end)),
    );
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("error", () => {});
    this.#socket.on("data", (chunk: Uint8Array) => {
      parser.push(chunk);
      this.#wake();
    });
    this.#socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Opens a session, or attaches to one; rejects where the server closes the connection. */
  static async open(
    port: number,
    options: { timeoutMs?: number; key?: SessionKey; lastZxidSeen?: bigint } = {},
  ): Promise<RawClient> {
    const client = new RawClient(port);
    const { timeoutMs = 40_000, lastZxidSeen = 0n } = options;
    const { sessionId, password } = options.key ?? client.session;
    const greeting = { protocolVersion: 0, lastZxidSeen, timeoutMs, sessionId, password };
    client.sendBytes(frameOf((writer) => {
      connectRequest.write(writer, { ...greeting, readOnly: false });
    }));
    while (!client.#greeted && !client.#closed) {
      await new Promise<void>((resolve) => client.#wake = resolve);
    }
    if (!client.#greeted) throw new Error("The server closed the connection");
    return client;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Sends one request. */
  send(xid: number, type: number, write: (writer: Writer) => void = () => {}): void {
    this.#socket.write(frameOf((writer) => {
      requestHeader.write(writer, { xid, type });
      write(writer);
    }));
  }

  /** Sends in one piece what is sent meanwhile. */
  together(sendAll: () => void): void {
    this.#socket.cork();
    sendAll();
    this.#socket.uncork();
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits until the reply with this xid has come, or the server has closed the connection. */
  async until(xid: number): Promise<void> {
    const deadline = AbortSignal.timeout(ANSWER_MS);
    const isThere = (packet: Packet) => packet.kind === "reply" && packet.xid === xid;
    while (!this.#closed && !this.#packets.some(isThere)) {
      deadline.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** Waits for all that the server has sent this client up to now. */
  async settle(): Promise<void> {
    if (this.#closed) return;
    this.send(Xid.ping, OpCode.ping);
    await this.until(Xid.ping);
    this.#packets = this.#packets.filter((packet) =>
      packet.kind === "event" || packet.xid !== Xid.ping
    );
  }

  /** Sends a request and gives its reply; for tests that go step by step. */
  async call(
    xid: number,
    type: number,
    write?: (writer: Writer) => void,
  ): Promise<Extract<Packet, { kind: "reply" }>> {
    this.send(xid, type, write);
    await this.until(xid);
    for (const packet of this.#packets) {
      if (packet.kind === "reply" && packet.xid === xid) {
        this.#packets.splice(this.#packets.indexOf(packet), 1);
        return packet;
      }
    }
    throw new Error(`The server closed the connection before it answered ${xid}`);
  }

  /** What has come since the last time. */
  take(): Packet[] {
    const packets = this.#packets;
    this.#packets = [];
    return packets;
  }

  /** Resolves when the server has closed the connection. */
  async ended(): Promise<void> {
    if (!this.#socket.closed) await once(this.#socket, "close");
  }

  /** Drops the connection; the session stays. */
  async drop(): Promise<void> {
    this.#socket.destroy();
    await this.ended();
  }

  #receive(frame: Uint8Array): void {
    const reader = new Reader(frame);
    if (!this.#greeted) {
      const { sessionId, password, timeoutMs } = connectResponse.read(reader);
      this.session = { sessionId, password };
      this.timeoutMs = timeoutMs;
      this.#greeted = true;
      return;
    }
    const { xid, zxid, error } = replyHeader.read(reader);
    if (xid === Xid.notification) {
      const { type, path } = watcherEvent.read(reader);
      this.#packets.push({ kind: "event", type, path });
    } else this.#packets.push({ kind: "reply", xid, zxid, error, body: frame.subarray(16) });
  }
}

/** A frame with what `write` writes. */
export function frameOf(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  const frame = writer.beginFrame();
  write(writer);
  writer.endFrame(frame);
  return writer.take();
}
