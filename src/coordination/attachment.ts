import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import type { Member } from "../domain/member.ts";
import { sleep } from "../platform/clock.ts";
import { isZooKeeperError } from "../zookeeper/errors.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "./commit_once.ts";
import { inboxOps, leavingOwner } from "./inbox_owner.ts";
import {
  memberExists,
  type MemberNode,
  memberPath,
  readMember,
  type Standing,
  standing,
} from "./member_node.ts";
import { encodePayload } from "./payload.ts";
import { WatchView } from "./watch_view.ts";

/** ms after a failure before an attachment looks at its node again. */
const RETRY_MS = 200;
/**
 * How much longer than a session timeout an old session may take to end, in ms: servers count in ticks (2 s
 * as a rule), and an ensemble's leader hears of its followers' clients every half tick. 2.4 s were seen.
 */
const EXPIRY_SLACK_MS = 4_000;

/** How long, and for whom, an attachment waits. */
export interface AttachOptions {
  /**
   * Whether a process with this id runs on this host; without it every other session of the id counts
   * as alive until it ends.
   */
  readonly isAlive?: (pid: number) => boolean;
  /** ms to wait for another session of the same id to end. Default: the session timeout and 4 s. */
  readonly waitMs?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** What a member shows of itself. */
export type MemberUpdate = Partial<
  Pick<Member, "status" | "current_task_id" | "current_work" | "name" | "role" | "capacity">
>;

/**
 * An attached member: an ephemeral node that is made again, under the same id, in each new session,
 * until `leave()`. The node goes with the session of a process that dies.
 */
export class Attachment {
  readonly #ground: Ground;
  readonly #isAlive: (pid: number) => boolean;
  readonly #release: (member: Member) => Promise<void>;
  readonly #ending = new AbortController();
  #member: Member;
  /** What the node holds, as far as known. */
  #published: { readonly session: string; readonly version: number; readonly text: string } | null =
    null;
  #turn: Promise<unknown> = Promise.resolve();
  #keeping: Promise<void> = Promise.resolve();
  #view: WatchView | undefined;
  #lose: (error: OrchestratorError) => void = () => {};
  /** Resolves, if ever, once another process holds the id: this one has to stop acting under it. */
  readonly lost: Promise<OrchestratorError>;

  private constructor(
    ground: Ground,
    member: Member,
    isAlive: (pid: number) => boolean,
    release: (member: Member) => Promise<void>,
  ) {
    this.#ground = ground;
    this.#member = member;
    this.#isAlive = isAlive;
    this.#release = release;
    this.lost = new Promise((resolve) => this.#lose = resolve);
  }

  /**
   * Attaches `member`. `release` gives its claims back when it leaves.
   *
   * @throws OrchestratorError MEMBER_EXISTS, with who and where; CORRUPT_DATA; ZooKeeperError
   */
  static async open(
    ground: Ground,
    member: Member,
    options: AttachOptions,
    release: (member: Member) => Promise<void>,
  ): Promise<Attachment> {
    const attachment = new Attachment(ground, member, options.isAlive ?? (() => true), release);
    const zk = ground.tree.zk;
    const target = { path: attachment.#path };
    const view = await WatchView.open(zk, [target], ground.clock);
    attachment.#view = view;
    try {
      const waitMs = options.waitMs ?? zk.sessionTimeoutMs + EXPIRY_SLACK_MS;
      await attachment.#establishWithin(view, waitMs, options.signal);
    } catch (error) {
      await view.close();
      throw error;
    }
    attachment.#keeping = attachment.#keep(view);
    return attachment;
  }

  /** As it is, or will be as soon as there is a session, in the list of members. */
  get member(): Member {
    return this.#member;
  }

  /** Whether the node stands in the present session, as far as this process knows. */
  get isAttached(): boolean {
    const { zk } = this.#ground.tree;
    return zk.state === "connected" && this.#published?.session === zk.sessionId;
  }

  /**
   * Shows a change. While there is no session it is kept for the next one, and not waited for. Never
   * throws.
   */
  async update(change: MemberUpdate): Promise<void> {
    this.#member = { ...this.#member, ...change };
    if (!this.isAttached) return this.#view?.poke();
    await this.#unlessDetached(this.#inTurn(() => this.#publish()));
  }

  async #publish(): Promise<void> {
    const { zk } = this.#ground.tree;
    const published = this.#published;
    const text = JSON.stringify(this.#member);
    if (published?.text === text || this.#ending.signal.aborted) return;
    if (published === null || published.session !== zk.sessionId) return this.#view?.poke();
    try {
      const data = encodePayload(this.#member);
      const { version } = await zk.setData(this.#path, data, published.version);
      this.#published = { ...published, version, text };
    } catch {
      // Whatever it was, the node is looked at again, and set right.
      this.#view?.poke();
    }
  }

  /** Waits for a step, but no longer than the connection stands. */
  async #unlessDetached(step: Promise<void>): Promise<void> {
    let unsubscribe = () => {};
    const detached = new Promise<void>((resolve) => {
      unsubscribe = this.#ground.tree.zk.onStateChange(({ state }) => {
        if (state !== "connected") resolve();
      });
    });
    await Promise.race([step, detached]).finally(unsubscribe);
  }

  /**
   * Gives its claims back, and goes; does nothing the second time. Where the connection is away it
   * waits for it, or for the client to be closed. Throws `ZooKeeperError`.
   */
  async leave(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    await this.#view?.close();
    await this.#keeping;
    await this.#release(this.#member);
    await this.#inTurn(() =>
      commitUntilDone(this.#ground, () => this.#decideLeaving(), () => Promise.resolve(null))
    );
  }

  async #decideLeaving(): Promise<Plan<void> | Settled<void>> {
    const { id } = this.#member;
    const [node, leaving] = await Promise.all([
      readMember(this.#ground.tree, id),
      leavingOwner(this.#ground.tree, id),
    ]);
    if (node === null || this.#standing(node) !== "mine") return { settled: undefined };
    const told = leaving === null ? [] : [leaving.op];
    return {
      ops: [{ type: "delete", path: this.#path, version: node.stat.version }, ...told],
      event: this.#event("member_left", null),
      result: () => undefined,
    };
  }

  async #keep(view: WatchView): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await view.next({ signal });
        await this.#inTurn(() => this.#establish("a new session"));
      } catch (error) {
        if (signal.aborted || isZooKeeperError(error, "CLOSED")) return;
        if (error instanceof OrchestratorError && error.code === "MEMBER_EXISTS") {
          this.#ending.abort();
          await view.close();
          return this.#lose(error);
        }
        await sleep(this.#ground.clock, RETRY_MS, signal).catch(() => {});
        view.poke();
      }
    }
  }

  async #establishWithin(
    view: WatchView,
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = this.#ground.clock.monotonic() + waitMs;
    for (;;) {
      const withinMs = Math.max(0, deadline - this.#ground.clock.monotonic());
      const seen = await view.next({ signal, withinMs });
      try {
        return await this.#establish(null);
      } catch (error) {
        const isTaken = error instanceof OrchestratorError && error.code === "MEMBER_EXISTS";
        const isElsewhere = isTaken && error.details["standing"] === "elsewhere";
        if (!isElsewhere || seen === "elapsed") throw error;
      }
    }
  }

  /** Makes the node, or sets it right. Throws MEMBER_EXISTS where it is another's. */
  async #establish(reason: string | null): Promise<void> {
    const decide = async (): Promise<Plan<void> | Settled<void>> => {
      const node = await readMember(this.#ground.tree, this.#member.id);
      const path = this.#path;
      const member = this.#member;
      const data = encodePayload(member);
      const text = JSON.stringify(member);
      const kind = node === null ? "none" : this.#standing(node);
      if (node !== null && (kind === "running" || kind === "elsewhere")) {
        throw memberExists(node.member, kind, "register");
      }
      const session = this.#ground.tree.zk.sessionId;
      const published = (version: number) => {
        this.#published = { session, version, text };
      };
      if (node !== null && kind === "mine") {
        if (JSON.stringify(node.member) === text) {
          published(node.stat.version);
          return { settled: undefined };
        }
        const { version } = node.stat;
        const op: Op = { type: "set", path, data, version };
        return { ops: [op], event: null, result: () => published(version + 1) };
      }
      const replaced: Op[] = node === null
        ? []
        : [{ type: "delete", path, version: node.stat.version }];
      const inbox = await inboxOps(this.#ground.tree, member);
      return {
        ops: [...replaced, { type: "create", path, data, mode: "ephemeral" }, ...inbox],
        event: this.#event("member_joined", reason),
        result: () => published(0),
      };
    };
    await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
  }

  #standing(node: MemberNode): Standing {
    const { host, pid, nonce } = this.#member;
    const { sessionId } = this.#ground.tree.zk;
    return standing(node, { host, pid, nonce, sessionId }, this.#isAlive);
  }

  #event(type: "member_joined" | "member_left", reason: string | null): NewEvent {
    const { id, name, role, host, pid } = this.#member;
    return { type, by: id, by_name: name, reason, data: { role, host, pid, kind: "attached" } };
  }

  /** One step at a time, so that what is known of the node's version stays true. */
  #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => {});
    return result;
  }

  get #path(): string {
    return memberPath(this.#ground.tree, this.#member.id);
  }
}
