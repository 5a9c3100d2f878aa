import type { Endpoint, Environment, Timer } from "../environment.ts";
import type { ZooKeeperErrorCode } from "../errors.ts";
import type { ConnectResponse } from "../protocol/connect.ts";
import { OpCode } from "../protocol/opcodes.ts";
import type { SessionState } from "../zookeeper.ts";
import { type Call, PendingCall } from "./call.ts";
import type { SessionHandlers, SessionOptions } from "./contract.ts";
import { Deadlines } from "./deadlines.ts";
import { Fifo } from "./fifo.ts";
import { HostCycle } from "./host_cycle.ts";
import { Link } from "./link.ts";
import { Opening } from "./opening.ts";

/** ms that a connection must have stood for the next attempt to follow its loss at once. */
const STABLE_MS = 1_000;
/** ms, at most, that closing waits for the server's answer. */
const CLOSE_MS = 1_000;

const NO_PASSWORD = new Uint8Array(16);

/**
 * A session over as many connections as it takes, and the next session after it has expired. It
 * goes by its own clock: suspended as soon as the connection is lost (or silent, see `Link`),
 * expired when the session timeout has passed since the last request that was answered was sent,
 * which is never later than the server's own count.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #environment: Environment;
  readonly #handlers: SessionHandlers;
  readonly #hosts: HostCycle;
  readonly #deadlines: Deadlines | undefined;
  readonly #queue = new Fifo<Call>();
  #state: SessionState = "connecting";
  #sessionId = 0n;
  #password: Uint8Array = NO_PASSWORD;
  #timeoutMs: number;
  #lastZxid = 0n;
  #endpoint: Endpoint | undefined;
  /** The connection, from its dialing on. */
  #link: Link | undefined;
  /** The same, once operations may be sent over it. */
  #ready: Link | undefined;
  #establishedAt = 0;
  #dialTimer: Timer | undefined;
  #expiryTimer: Timer | undefined;
  #opening: Opening | undefined;
  #closing: Promise<void> | undefined;
  #lastProblem: Error | undefined;

  constructor(options: SessionOptions, environment: Environment, handlers: SessionHandlers) {
    this.#options = options;
    this.#environment = environment;
    this.#handlers = handlers;
    this.#timeoutMs = options.sessionTimeoutMs;
    this.#hosts = new HostCycle(options.endpoints, () => environment.random());
    if (options.operationTimeoutMs !== undefined) {
      this.#deadlines = new Deadlines(
        environment.clock,
        options.operationTimeoutMs,
        this.#queue,
        () => this.#link?.pending() ?? [],
      );
    }
  }

  get state(): SessionState {
    return this.#state;
  }

  get sessionId(): string {
    return BigInt.asUintN(64, this.#sessionId).toString(16);
  }

  /** ms, as granted; as asked for before the first session. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get endpoint(): Endpoint | undefined {
    return this.#endpoint;
  }

  get isConnected(): boolean {
    return this.#ready !== undefined;
  }

  /** Resolves when the first session stands and its credentials are accepted. */
  open(): Promise<void> {
    const { connectTimeoutMs } = this.#options;
    const opening = new Opening(this.#environment.clock, connectTimeoutMs, () => {
      const problem = this.#lastProblem;
      const why = problem === undefined ? "" : `: ${problem.message}`;
      this.#finish("CONNECT_TIMEOUT", `no session within ${connectTimeoutMs} ms${why}`, problem);
    });
    this.#opening = opening;
    this.#dial();
    return opening.settled;
  }

  /** Sends a request, or queues it until a session stands. */
  submit(call: Call): void {
    if (this.#closing !== undefined || this.#state === "closed") {
      return call.fail("CLOSED", "the client is closed", "not_sent");
    }
    this.#deadlines?.watch(call);
    if (this.#ready !== undefined) return this.#ready.send(call);
    call.sentAt = this.#environment.clock.monotonic();
    this.#queue.push(call);
  }

  /** Ends the session on the server, if it can be reached, and all that is pending. */
  close(): Promise<void> {
    if (this.#state === "closed") return Promise.resolve();
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#failQueue("CLOSED", "the client was closed");
    const link = this.#ready;
    if (link !== undefined) {
      await new Promise<void>((resolve) => {
        const timer = this.#environment.clock.timer(CLOSE_MS, resolve);
        const done = () => {
          timer.cancel();
          resolve();
        };
        link.send(
          new PendingCall<void>(
            { type: OpCode.closeSession, write: () => {}, read: () => {} },
            done,
            done,
          ),
        );
      });
    }
    this.#finish("CLOSED", "the client was closed");
  }

  #dial(): void {
    if (this.#state === "closed") return;
    const endpoint = this.#hosts.next();
    if (endpoint === undefined) return;
    const link: Link = new Link(
      {
        endpoint,
        tls: this.#options.tls,
        auth: this.#options.auth,
        attemptMs: this.#attemptMs(),
        maxRequestBytes: this.#options.maxRequestBytes,
      },
      this.#environment,
      {
        handshake: () => ({
          protocolVersion: 0,
          lastZxidSeen: this.#lastZxid,
          timeoutMs: this.#options.sessionTimeoutMs,
          sessionId: this.#sessionId,
          password: this.#password,
          readOnly: false,
        }),
        established: (response) => this.#established(link, response),
        authenticated: () => this.#opened(),
        authRefused: () => this.#finish("AUTH_FAILED", "the server refused the credentials"),
        event: (event) => this.#handlers.event(event),
        lost: (cause) => this.#lost(link, cause),
      },
    );
    this.#link = link;
    link.dial();
  }

  /**
   * ms for one attempt: the hosts share the time there is, so that a dead one among them does not
   * eat all of it. While a session waits to be attached again, half of its timeout is shared.
   */
  #attemptMs(): number {
    const { connectTimeoutMs } = this.#options;
    const whole = this.#opening === undefined
      ? Math.min(connectTimeoutMs, this.#timeoutMs / 2)
      : connectTimeoutMs;
    return Math.ceil(whole / this.#hosts.size);
  }

  #dialAfterWait(): void {
    this.#dialTimer?.cancel();
    this.#dialTimer = undefined;
    const wait = this.#hosts.wait();
    if (wait === 0) return this.#dial();
    this.#dialTimer = this.#environment.clock.timer(wait, () => this.#dial());
  }

  #established(link: Link, response: ConnectResponse): void {
    if (response.timeoutMs <= 0 || response.sessionId === 0n) return this.#refused(link);
    const isNewSession = response.sessionId !== this.#sessionId;
    const lastZxid = this.#lastZxid;
    this.#expiryTimer?.cancel();
    this.#sessionId = response.sessionId;
    this.#password = response.password;
    this.#timeoutMs = response.timeoutMs;
    this.#endpoint = link.endpoint;
    this.#establishedAt = this.#environment.clock.monotonic();
    this.#lastProblem = undefined;
    link.keepAlive(response.timeoutMs);
    this.#state = "connected";
    this.#ready = link;
    this.#restoreWatches(link, lastZxid, isNewSession);
    for (const call of this.#queue.drain()) link.send(call);
    this.#announce(isNewSession);
  }

  /** The session that was to be attached again is gone; a fresh one cannot be refused. */
  #refused(link: Link): void {
    if (this.#sessionId === 0n) return link.drop(new Error("The server refused a new session"));
    link.destroy("SESSION_EXPIRED", "the session has expired");
    this.#link = undefined;
    this.#expire();
  }

  #restoreWatches(link: Link, lastZxid: bigint, isNewSession: boolean): void {
    const requests = this.#handlers.restore(lastZxid, isNewSession);
    let left = requests.length;
    for (const request of requests) {
      link.send(
        new PendingCall<void>(
          request,
          () => {
            left--;
            if (left === 0) this.#handlers.restored();
          },
          (error) => link.drop(error),
        ),
      );
    }
  }

  #opened(): void {
    this.#opening?.succeed();
    this.#opening = undefined;
  }

  #lost(link: Link, cause: Error): void {
    if (link !== this.#link) return;
    const wasReady = this.#ready === link;
    this.#link = this.#ready = undefined;
    this.#lastProblem = cause;
    if (link.lastZxid > this.#lastZxid) this.#lastZxid = link.lastZxid;
    if (this.#closing !== undefined) return;
    if (this.#opening !== undefined && this.#hosts.rounds >= this.#options.connectRounds) {
      return this.#finish("CONNECT_TIMEOUT", `no server lets one in: ${cause.message}`, cause);
    }
    if (wasReady) {
      const now = this.#environment.clock.monotonic();
      if (now - this.#establishedAt >= STABLE_MS) this.#hosts.reset();
      this.#handlers.disconnected();
      this.#expireAfter(link.renewedAt + this.#timeoutMs - now);
      this.#changeState("suspended");
    }
    this.#dialAfterWait();
  }

  #expireAfter(ms: number): void {
    this.#expiryTimer?.cancel();
    this.#expiryTimer = this.#environment.clock.timer(Math.max(0, ms), () => this.#timeUp());
  }

  #timeUp(): void {
    if (this.#closing !== undefined) return;
    if (this.#state === "suspended") {
      // An attempt under way may ask for the session that is now given up.
      this.#link?.destroy("SESSION_EXPIRED", "the session has expired");
      this.#link = undefined;
      return this.#expire();
    }
    // No server for yet another session timeout: what has waited that long has waited enough.
    const longAgo = this.#environment.clock.monotonic() - this.#timeoutMs;
    this.#failQueue("SESSION_EXPIRED", "no server can be reached", longAgo);
    this.#expireAfter(this.#timeoutMs);
  }

  #expire(): void {
    this.#sessionId = 0n;
    this.#password = NO_PASSWORD;
    this.#lastZxid = 0n;
    this.#failQueue("SESSION_EXPIRED", "the session has expired");
    this.#expireAfter(this.#timeoutMs);
    this.#changeState("expired");
    if (this.#closing === undefined && this.#link === undefined) this.#dialAfterWait();
  }

  /** Fails what was queued at or before a time on the client's clock. */
  #failQueue(code: ZooKeeperErrorCode, why: string, until = Infinity): void {
    for (let call = this.#queue.peek(); call !== undefined; call = this.#queue.peek()) {
      if (call.sentAt > until) return;
      this.#queue.shift();
      call.fail(code, why, "not_sent");
    }
  }

  /** Closed for good. */
  #finish(code: ZooKeeperErrorCode, why: string, cause?: Error): void {
    if (this.#state === "closed") return;
    const link = this.#link;
    this.#link = this.#ready = undefined;
    this.#dialTimer?.cancel();
    this.#expiryTimer?.cancel();
    this.#deadlines?.stop();
    this.#state = "closed";
    this.#failQueue(code, why);
    link?.destroy(code, why);
    this.#opening?.fail(code, why, cause);
    this.#opening = undefined;
    this.#sessionId = 0n;
    this.#announce(false);
  }

  #changeState(state: SessionState): void {
    this.#state = state;
    this.#announce(false);
  }

  #announce(isNewSession: boolean): void {
    this.#handlers.stateChanged({ state: this.#state, sessionId: this.sessionId, isNewSession });
  }
}
