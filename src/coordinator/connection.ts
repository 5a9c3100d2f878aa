import type { Peer, PeerHandlers, SocketAddress } from "../platform/listener.ts";
import { FrameLengthError, FrameParser } from "../zookeeper/protocol/frames.ts";
import { MalformedRecordError } from "../zookeeper/protocol/reader.ts";
import { Xid } from "../zookeeper/protocol/opcodes.ts";
import { replyHeader, watcherEvent } from "../zookeeper/protocol/records.ts";
import type { Writer } from "../zookeeper/protocol/writer.ts";
import type { Channel, Member } from "./channel.ts";
import type { ClientSession } from "./client_session.ts";
import { answerGreeting } from "./greeting.ts";
import { fourLetters } from "./four_letter_words.ts";
import type { Hub } from "./hub.ts";
import { Outbox } from "./outbox.ts";

/** Bytes to one client after which nothing more is taken from it until they are gone. */
const PAUSE_BYTES = 1_048_576;
/** Bytes to one client, most of them events, after which it is cut off. */
const CUT_BYTES = 67_108_864;
/** `KeeperState.SyncConnected`. */
const SYNC_CONNECTED = 3;

/**
 * One connection, after `NIOServerCnxn` of ZooKeeper 3.8: a greeting, or a four-letter word, then
 * requests. Whatever cannot be read closes this connection, and no other.
 */
export class Connection implements PeerHandlers, Channel, Member {
  readonly #peer: Peer;
  readonly #hub: Hub;
  readonly #parser: FrameParser;
  readonly #outbox: Outbox;
  /** Null until the greeting has come, and for one that is turned away. */
  #client: ClientSession | null = null;
  /** Greeting, word or refusal: nothing more is read. */
  #isEnding = false;
  #isClosed = false;
  /** Frames that came while the client had to wait, in order; null while it has not. */
  #held: Uint8Array[] | null = null;
  #frame = 0;

  constructor(peer: Peer, hub: Hub) {
    this.#peer = peer;
    this.#hub = hub;
    this.#outbox = new Outbox(peer, hub.writers);
    this.#parser = new FrameParser(
      hub.options.maxPacketBytes,
      (bytes, start, end) => this.#take(bytes, start, end),
    );
  }

  get address(): SocketAddress {
    return this.#peer.address;
  }

  get isClient(): boolean {
    return this.#client !== null;
  }

  get summary(): string {
    const { host, port } = this.#peer.address;
    const queued = this.#outbox.backlog;
    return `/${host}:${port}[1](queued=${queued}${this.#client?.summary ?? ""})`;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get heldBytes(): number {
    const frames = this.#held?.reduce((sum, frame) => sum + frame.length, 0) ?? 0;
    return this.#parser.held + this.#outbox.backlog + frames;
  }

  data(chunk: Uint8Array): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#hub.beginTurn();
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#unreadable(error);
    }
    this.#hub.endTurn();
  }

  drained(): void {
    if (this.#held === null) return;
    this.#hub.beginTurn();
    this.#hub.endTurn();
  }

  closed(): void {
    this.#isClosed = true;
    this.#held = null;
    this.#client?.left();
    this.#hub.forget(this);
  }

  reply(xid: number, zxid: number, error: number): Writer {
    const writer = this.#writer();
    this.#frame = writer.beginFrame();
    replyHeader.write(writer, { xid, zxid, error });
    return writer;
  }

  packet(): Writer {
    const writer = this.#writer();
    this.#frame = writer.beginFrame();
    return writer;
  }

  sent(): void {
    this.#outbox.writer.endFrame(this.#frame);
    this.#hub.traffic.sent++;
  }

  sendHeader(xid: number, zxid: number, error: number): void {
    this.reply(xid, zxid, error);
    this.sent();
  }

  /** An event is a packet with the zxid -1. */
  sendEvent(type: number, path: string): void {
    if (this.#isClosed || this.#isEnding) return;
    const writer = this.reply(Xid.notification, -1, 0);
    watcherEvent.write(writer, { type, state: SYNC_CONNECTED, path });
    this.sent();
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#held = null;
    this.#hub.waitFor(this);
    this.flush();
    this.#peer.end();
  }

  destroy(): void {
    this.#isEnding = true;
    this.#held = null;
    this.#peer.destroy();
  }

  flush(): void {
    if (this.#isClosed) return;
    this.#outbox.flush();
    if (this.#outbox.backlog > CUT_BYTES) this.destroy();
  }

  goOn(): boolean {
    const held = this.#held;
    if (held === null) return false;
    if (this.#mustWait()) return true;
    let next = 0;
    for (; next < held.length && !this.#isEnding && !this.#mustWait(); next++) {
      const frame = held[next];
      if (frame !== undefined) this.#read(frame, 0, frame.length);
    }
    if (this.#isEnding) return false;
    this.#held = next < held.length ? held.slice(next) : null;
    if (this.#held === null) this.#peer.resume();
    return this.#held !== null;
  }

  #writer(): Writer {
    if (this.#outbox.isEmpty) this.#hub.dirty(this);
    return this.#outbox.writer;
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isEnding) return;
    if (this.#held === null && this.#mustWait()) {
      this.#held = [];
      this.#peer.pause();
      this.#hub.stall(this);
    }
    if (this.#held === null) this.#read(bytes, start, end);
    else this.#held.push(bytes.slice(start, end));
  }

  /** Whether a client that does not read, or writes faster than the disk, has to wait. */
  #mustWait(): boolean {
    if (this.#client?.hasRoom === false) return true;
    if (this.#outbox.backlog <= PAUSE_BYTES) return false;
    this.#outbox.flush();
    return this.#peer.bufferedBytes > PAUSE_BYTES;
  }

  #read(bytes: Uint8Array, start: number, end: number): void {
    this.#hub.traffic.received++;
    try {
      if (this.#client === null) {
        this.#hub.reader.reset(bytes, start, end);
        this.#client = answerGreeting(this.#hub, this);
        if (this.#client !== null) this.#hub.settled(this);
      } else this.#client.request(bytes, start, end);
    } catch (error) {
      this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): void {
    const isExpected = error instanceof FrameLengthError || error instanceof MalformedRecordError;
    if (!isExpected) this.#hub.report(error);
    const answer = error instanceof FrameLengthError && this.#client === null
      ? fourLetters(error.length, this.#hub)
      : null;
    if (answer === null) return this.destroy();
    this.#peer.write(new TextEncoder().encode(answer));
    this.end();
  }
}
