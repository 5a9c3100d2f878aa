import { OrchestratorError } from "../domain/errors.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { LeaderRecord } from "../domain/leader.ts";
import { sleep } from "../platform/clock.ts";
import { isZooKeeperError } from "../zookeeper/errors.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import type { Candidacy } from "./candidacy.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "./commit_once.ts";
import { deposed, type Fence } from "./fence.ts";
import { Ledger } from "./ledger.ts";
import { isLoss } from "./losses.ts";
import { WatchView } from "./watch_view.ts";

/**
 * Why a term is over.
 * - `resigned`: by `resign()`.
 * - `deposed`: `/leader` is another's, or gone, or `/leader-epoch` has another version.
 * - `session_expired`: the session ended, or may have, by this process's own clock.
 * - `closed`: the ZooKeeper client was closed.
 */
export type TermEnd = "resigned" | "deposed" | "session_expired" | "closed";

/** What taking office came to. */
export interface Office {
  readonly record: LeaderRecord;
  readonly former: readonly InstanceId[];
  /** `/leader-epoch` at the version that is this term's epoch. */
  readonly fence: Fence;
  /** Hexadecimal, of the session that `/leader` belongs to. */
  readonly sessionId: string;
  /** zxid that created `/leader`: no other node has it. */
  readonly czxid: bigint;
  /** The place in the queue of standbys, which is kept for the term; null where there is none. */
  readonly queue: Candidacy | null;
}

/** Part of the session timeout without a sign of life from ZooKeeper after which acting stops. */
const SILENCE = 2 / 3;
/** Looks at `/leader` in a session timeout, so that the silence is noticed in time. */
const LOOKS = 6;
/** ms after a failure before a term looks again. */
const RETRY_MS = 100;

/**
 * One Leader's time in office. It looks at `/leader` after each change and six times in a session
 * timeout, until it is over.
 *
 * What it tells is what this process knows, so it may be late: a process that was stopped learns
 * nothing. Nothing is to rely on it for safety; the fence is what refuses the writes of a Leader whose
 * term is over. `signal` and `mayAct` are there so that no agent is started in vain.
 */
export class Term {
  /** Who leads: this process. */
  readonly record: LeaderRecord;
  /** Who led before, newest first, at most five, without this one: their inboxes are followed too. */
  readonly former: readonly InstanceId[];
  /** For `openTeam({…, fence})`: every write of that team is refused with DEPOSED after the term. */
  readonly fence: Fence;
  readonly #ground: Ground;
  readonly #office: Office;
  readonly #over = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #end: TermEnd | null = null;
  /** When, by the monotonic clock, the last look was begun that found `/leader` to be this term's. */
  #confirmedAt: number;
  #view: WatchView | undefined;
  readonly #keeping: Promise<void>;

  /** Begins a term that was just taken. `confirmedAt`: when the reading that showed it was begun. */
  constructor(ground: Ground, office: Office, confirmedAt: number) {
    this.#ground = ground;
    this.#office = office;
    this.record = office.record;
    this.former = office.former;
    this.fence = office.fence;
    this.#confirmedAt = confirmedAt;
    this.#unsubscribe = ground.tree.zk.onStateChange(() => this.#onState());
    this.#keeping = this.#keep();
    this.#onState();
  }

  /** Grows with each Leader: the version of `/leader-epoch`. */
  get epoch(): number {
    return this.fence.version;
  }

  /**
   * Aborted when the term is over. The reason is an OrchestratorError: DEPOSED, SESSION_EXPIRED,
   * CONNECTION_LOST (the client was closed), or INTERRUPTED (resigned); `end` says the same.
   */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Why the term is over; null while it is not. */
  get end(): TermEnd | null {
    return this.#end;
  }

  /**
   * Whether the Leader may begin something now. Not once the term is over, and not while ZooKeeper
   * has given no sign of life for two thirds of the session timeout, by the monotonic clock: right
   * after the wake of a process that was stopped for as long, too.
   */
  get mayAct(): boolean {
    return this.#end === null && this.#silentMs() < this.#timeoutMs * SILENCE;
  }

  /** Resolves at once where `mayAct`, else as soon as it does. Rejects with the signal's reason. */
  async untilMayAct(): Promise<void> {
    while (!this.mayAct) {
      this.signal.throwIfAborted();
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /**
   * Steps down: ends the term here (`signal` is aborted), then deletes `/leader` and tells the journal,
   * in one transaction, so that a standby takes over at once. Does nothing where the term is over.
   * Where the connection is away it waits for it, or for the session to expire.
   *
   * @throws ZooKeeperError; the node then goes with the session
   */
  async resign(reason: string | null = null): Promise<void> {
    if (this.#end !== null) return;
    this.#finish("resigned");
    await this.#keeping;
    const ground = { ...this.#ground, ledger: new Ledger(this.#ground.tree, this.fence) };
    try {
      const nothing = () => Promise.resolve(null);
      await commitUntilDone(ground, () => this.#decideLeaving(reason), nothing);
    } catch (error) {
      // Another one leads, so there is nothing left to give up.
      if (!(error instanceof OrchestratorError) || error.code !== "DEPOSED") throw error;
    }
  }

  async #decideLeaving(reason: string | null): Promise<Plan<void> | Settled<void>> {
    const { tree } = this.#ground;
    const { queue, czxid } = this.#office;
    const [, leader, places] = await Promise.all([
      tree.sync(),
      tree.data(this.#path),
      queue?.nodes() ?? [],
    ]);
    if (leader?.stat.czxid !== czxid) return { settled: await queue?.leave() };
    const { instance_id, name, epoch } = this.record;
    return {
      ops: [
        { type: "delete", path: this.#path, version: leader.stat.version },
        ...places.map((path): Op => ({ type: "delete", path })),
      ],
      event: { type: "leader_left", by: instance_id, by_name: name, reason, data: { epoch } },
      result: () => undefined,
    };
  }

  async #keep(): Promise<void> {
    const { tree, clock } = this.#ground;
    while (this.#end === null) {
      try {
        this.#view ??= await WatchView.open(
          tree.zk,
          [{ path: this.#path }, { path: this.fence.path }],
          clock,
        );
        await this.#view.next({ signal: this.signal, withinMs: this.#timeoutMs / LOOKS });
        await this.#look();
      } catch (error) {
        if (this.#end !== null) break;
        // Whatever else it is, without a look that succeeds `mayAct` ends by itself.
        if (isZooKeeperError(error, "CLOSED")) this.#finish("closed");
        else await sleep(clock, RETRY_MS, this.signal).catch(() => {});
      }
    }
    await this.#view?.close();
    if (this.#end === "deposed") await this.#clear();
  }

  async #look(): Promise<void> {
    const { tree, clock } = this.#ground;
    const begun = clock.monotonic();
    const [leader, epoch] = await Promise.all([
      tree.zk.exists(this.#path),
      tree.zk.exists(this.fence.path),
    ]);
    if (this.#end !== null) return;
    if (leader?.czxid !== this.#office.czxid || epoch?.version !== this.epoch) {
      return this.#finish("deposed");
    }
    this.#confirmedAt = begun;
    if (this.mayAct) this.#tell();
    // A reading that was held up says little of now.
    if (this.#silentMs() > this.#timeoutMs / LOOKS) this.#view?.poke();
  }

  #onState(): void {
    const { zk } = this.#ground.tree;
    if (zk.state === "closed") this.#finish("closed");
    else if (zk.state === "expired" || zk.sessionId !== this.#office.sessionId) {
      this.#finish("session_expired");
    } else if (zk.state === "connected") this.#view?.poke();
  }

  #finish(end: TermEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#unsubscribe();
    this.#over.abort(this.#reason(end));
    this.#tell();
  }

  #reason(end: TermEnd): OrchestratorError {
    const { epoch } = this;
    const details = { epoch };
    switch (end) {
      case "deposed":
        return deposed(this.fence);
      case "session_expired":
        return new OrchestratorError("SESSION_EXPIRED", `Term ${epoch} ended with its session`, {
          hint: "ZooKeeper did not hear from this process in time",
          details,
        });
      case "closed":
        return new OrchestratorError("CONNECTION_LOST", `Term ${epoch} ended with its client`, {
          details,
        });
      case "resigned":
        return new OrchestratorError("INTERRUPTED", `Term ${epoch} ended: the Leader resigned`, {
          details,
        });
    }
  }

  #tell(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  /**
   * The session goes on without the office: its nodes must not stand in the way of others. So it is where
   * somebody deleted `/leader`, or set `/leader-epoch`, by hand.
   */
  async #clear(): Promise<void> {
    const { tree, clock } = this.#ground;
    while (tree.zk.sessionId === this.#office.sessionId) {
      try {
        const leader = await tree.zk.exists(this.#path);
        if (leader?.czxid === this.#office.czxid) {
          await tree.zk.delete(this.#path, leader.version);
        }
        return await this.#office.queue?.leave();
      } catch (error) {
        if (!isLoss(error) && !isZooKeeperError(error, "BAD_VERSION", "NO_NODE")) return;
        await sleep(clock, RETRY_MS);
      }
    }
  }

  #silentMs(): number {
    return this.#ground.clock.monotonic() - this.#confirmedAt;
  }

  get #timeoutMs(): number {
    return this.#ground.tree.zk.sessionTimeoutMs;
  }

  get #path(): string {
    return this.#ground.tree.path("leader");
  }
}
