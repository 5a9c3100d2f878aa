import { OpCode, Xid } from "../zookeeper/protocol/opcodes.ts";
import { authRequest } from "../zookeeper/protocol/requests.ts";
import { type AclList, type Identity, isAllowed, Permission } from "./acl.ts";
import { authenticate } from "./authentication.ts";
import type { Channel } from "./channel.ts";
import { ErrorNumber } from "./error_number.ts";
import type { Hub } from "./hub.ts";
import type { Requester } from "./pipeline.ts";
import { answerRead, isRead, type ReadAsker } from "./read_requests.ts";
import type { Attachment, Session } from "./session.ts";
import { sendSession } from "./session_answer.ts";
import { endSession, reviveSession } from "./session_end.ts";
import type { Effect } from "./state.ts";
import type { Transaction } from "./transaction.ts";
import type { Watcher } from "./watch_table.ts";
import { isWrite, prepareWrite } from "./write_requests.ts";
import { writeReply } from "./write_replies.ts";

/** Requests of one client that may wait for the disk (`globalOutstandingLimit`, here for each). */
const OUTSTANDING = 1_000;
/** Bytes of all clients that may wait for the disk. */
const WAITING_BYTES = 16_777_216;
/** The zxid in the reply to a request that nobody knows. */
const NO_ZXID = -1;

/** What one connection does in the name of its session. */
export class ClientSession implements Requester, Watcher, Attachment {
  readonly session: Session;
  readonly #hub: Hub;
  readonly #channel: Channel;
  /** Who the client has shown to be; each proof makes a new list. */
  #identities: readonly Identity[];
  #asker: ReadAsker;
  /** xid of the read at hand. */
  #xid = 0;
  /** Group that the next request must wait for: of this client's last transaction; 0 for none. */
  #lastGroup = 0;
  #outstanding = 0;

  constructor(hub: Hub, channel: Channel, session: Session) {
    this.#hub = hub;
    this.#channel = channel;
    this.session = session;
    this.#identities = [{ scheme: "ip", id: channel.address.host }];
    this.#asker = this.#askerWith(this.#identities);
  }

  /** The session's part of a line of `cons`. */
  get summary(): string {
    const { id, currentTimeoutMs } = this.session;
    return `,outstanding=${this.#outstanding},sid=0x${id.toString(16)},to=${currentTimeoutMs}`;
  }

  /**
   * Whether another request may be taken before those that wait have been answered. A session that is
   * not on disk takes none: its own answer has to be the first.
   */
  get hasRoom(): boolean {
    return this.session.committed && this.#outstanding < OUTSTANDING &&
      this.#hub.pipeline.waitingBytes < WAITING_BYTES;
  }

  /** Takes one request: `bytes` from `start` up to `end`. Throws where its header cannot be read. */
  request(bytes: Uint8Array, start: number, end: number): void {
    const { reader, state, pipeline } = this.#hub;
    reader.reset(bytes, start, end);
    const xid = reader.int();
    const type = reader.int();
    state.sessions.touch(this.session, this.#hub.now);
    if (isWrite(type)) return this.#write(type, xid);
    if (!isRead(type)) return this.#control(type, xid);
    // After a request to close nothing is answered: the connection is closed with that answer.
    if (this.session.closing) return;
    // It waits for what everybody has written so far, and the client's next requests wait for it.
    if (type === OpCode.sync) this.#lastGroup = Math.max(this.#lastGroup, pipeline.lastGroup);
    if (pipeline.isThrough(this.#lastGroup)) return this.#read(type, xid, this.#asker);
    this.#readLater(bytes.slice(start, end));
  }

  carriedOut(transaction: Transaction, effect: Effect): void {
    this.#outstanding--;
    const { change, cxid, zxid } = transaction;
    this.#hub.traffic.answered(this.#hub.clock.now() - transaction.time);
    if (this.#channel.isClosed) return;
    switch (change.type) {
      case OpCode.createSession:
        return sendSession(
          this.#channel,
          this.session.id,
          this.session.timeoutMs,
          this.session.password,
        );
      case OpCode.closeSession:
        this.#channel.sendHeader(cxid, zxid, ErrorNumber.ok);
        return this.detached();
      default:
        writeReply(this.#channel, cxid, zxid, change, effect);
    }
  }

  refused({ change, cxid }: Transaction): void {
    this.#outstanding--;
    const { sessions, lastZxid } = this.#hub.state;
    if (change.type === OpCode.createSession) {
      sessions.remove(this.session);
      return this.#channel.destroy();
    }
    if (change.type === OpCode.closeSession) reviveSession(this.#hub, this.session);
    this.#channel.sendHeader(cxid, lastZxid, ErrorNumber.quotaExceeded);
  }

  watched(type: number, path: string, acl: AclList): void {
    if (isAllowed(acl, Permission.read, this.#identities)) this.#channel.sendEvent(type, path);
  }

  detached(): void {
    this.left();
    this.#channel.end();
  }

  /** The connection is gone: its watches with it, the session not. */
  left(): void {
    this.#hub.state.watches.drop(this);
    if (this.session.attachment === this) this.session.attachment = null;
  }

  /** Asks for a transaction in this client's name. */
  submit(transaction: Transaction): void {
    this.#outstanding++;
    this.#lastGroup = this.#hub.pipeline.submit(transaction, this);
  }

  #write(type: number, xid: number): void {
    const { pipeline, reader, clock } = this.#hub;
    const { session } = this;
    const zxid = pipeline.takeZxid();
    const asker = { session, identities: this.#identities, zxid };
    const change = prepareWrite(type, reader, pipeline.expectation, asker);
    this.submit({ zxid, time: clock.now(), session: session.id, cxid: xid, change });
  }

  #read(type: number, xid: number, asker: ReadAsker): void {
    const { state, reader } = this.#hub;
    this.#xid = xid;
    const error = answerRead(type, state, reader, asker);
    if (error === ErrorNumber.ok) this.#channel.sent();
    else this.#channel.sendHeader(xid, state.lastZxid, error);
  }

  /** A read sees what this client has written before it, and nothing that it writes after it. */
  #readLater(frame: Uint8Array): void {
    const { pipeline, reader } = this.#hub;
    const asker = this.#asker;
    this.#outstanding++;
    const step = () => {
      this.#outstanding--;
      if (this.#channel.isClosed) return;
      reader.reset(frame, 0, frame.length);
      const xid = reader.int();
      this.#read(reader.int(), xid, asker);
    };
    pipeline.behind(this.#lastGroup, step);
  }

  #control(type: number, xid: number): void {
    switch (type) {
      case OpCode.ping:
        return this.#channel.sendHeader(Xid.ping, this.#hub.state.lastZxid, ErrorNumber.ok);
      case OpCode.auth:
        return this.#authenticate(xid);
      case OpCode.closeSession:
        if (!this.session.closing) this.submit(endSession(this.#hub, this.session, xid));
        return;
      default:
        this.#channel.sendHeader(xid, NO_ZXID, ErrorNumber.unimplemented);
        this.#channel.end();
    }
  }

  /** At once, so that it counts for the requests that follow. */
  #authenticate(xid: number): void {
    const { scheme, credential } = authRequest.read(this.#hub.reader);
    const identity = authenticate(scheme, credential, {
      sha1: this.#hub.environment.sha1,
      host: this.#channel.address.host,
    });
    if (identity === null) {
      this.#channel.sendHeader(xid, 0, ErrorNumber.authFailed);
      return this.#channel.end();
    }
    const isKnown = this.#identities.some(({ scheme: known, id }) =>
      known === identity.scheme && id === identity.id
    );
    if (!isKnown) this.#identities = [...this.#identities, identity];
    this.#asker = this.#askerWith(this.#identities);
    this.#channel.sendHeader(xid, 0, ErrorNumber.ok);
  }

  #askerWith(identities: readonly Identity[]): ReadAsker {
    return {
      session: this.session,
      identities,
      watcher: this,
      ok: () => this.#channel.reply(this.#xid, this.#hub.state.lastZxid, ErrorNumber.ok),
    };
  }
}
