import { type ErrorCode, OrchestratorError } from "../domain/errors.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { LeaderRecord } from "../domain/leader.ts";
import type { Clock } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { ZooKeeper } from "../zookeeper/zookeeper.ts";
import { unlessAbandoned } from "./abandoned.ts";
import { Candidacy, sessionOf } from "./candidacy.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "./commit_once.ts";
import { Ledger } from "./ledger.ts";
import { isLoss, readAgain } from "./losses.ts";
import { type Standing, standing } from "./member_node.ts";
import { type Holder, leaderExists, nextEpoch, readOffice, takingOffice } from "./office.ts";
import { Term } from "./term.ts";
import { Tree } from "./tree.ts";
import { WatchView } from "./watch_view.ts";

export { Term, type TermEnd } from "./term.ts";

/** ms after a broken connection before a candidate goes on. */
const RETRY_MS = 100;
/**
 * How much longer than a session timeout an old session may take to end, in ms: servers count in ticks (2 s
 * as a rule), and an ensemble's leader hears of its followers' clients every half tick. 2.4 s were seen.
 */
const EXPIRY_SLACK_MS = 4_000;

export interface ElectionOptions {
  readonly zk: ZooKeeper;
  /** Path below which everything of the team is, such as `/claude-orchestrator`. */
  readonly root: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a process with this id runs on this host. */
  readonly isAlive: (pid: number) => boolean;
}

/** Who wants to lead. */
export interface LeaderProfile {
  readonly id: InstanceId;
  readonly name: string;
  /** Has to differ between machines: pids are compared where it is the same. */
  readonly host: string;
  readonly pid: number | null;
  /** Of the program. */
  readonly version?: string;
  readonly cacheDir?: string;
}

export interface CampaignOptions {
  readonly profile: LeaderProfile;
  /** Queue behind whoever leads, instead of being refused. */
  readonly standby?: boolean;
  /** Ends the waiting; `campaign` then rejects with its reason. A term that has begun goes on. */
  readonly signal?: AbortSignal;
}

/** One process's try to lead. */
interface Candidate {
  readonly profile: LeaderProfile;
  readonly nonce: string;
  readonly queue: Candidacy | null;
}

/**
 * Who leads. Taking office is one transaction: `/leader`, which goes with its session, and one version
 * more of `/leader-epoch`, which every write of a Leader checks from then on (`Term.fence`).
 *
 * Promises: of all who try, one is the Leader of an epoch; epochs grow; once a successor has taken
 * office, no fenced write of its predecessor succeeds. Standbys queue, and each watches only the one
 * before it, so that one watch fires when a Leader goes.
 *
 * Does not promise: that a Leader knows at once that it is none any more (it finds out by its own clock,
 * or by the refusal of a write); that effects outside ZooKeeper are fenced; that a standby is never
 * passed over (a Leader that starts without `standby` in the moment between two may be faster); order
 * among epochs once somebody has deleted `/leader-epoch` by hand.
 */
export class Election {
  readonly #ground: Ground;
  readonly #isAlive: (pid: number) => boolean;
  /** The last term of this process: once it is over, its node is nobody's. */
  #last: { readonly nonce: string; readonly term: Term } | undefined;

  constructor({ zk, root, clock, random, isAlive }: ElectionOptions) {
    const tree = new Tree(zk, root);
    this.#ground = { tree, ledger: new Ledger(tree), clock, random, onCorrupt: () => {} };
    this.#isAlive = isAlive;
  }

  /**
   * Takes office. Where another one leads: refused, or with `standby` done as soon as that one and all
   * standbys before it are gone. A Leader that died on this host is replaced at once; one of the same id
   * is waited for as long as its session may take to expire, since it may be this one, started again.
   *
   * @throws OrchestratorError LEADER_EXISTS with who, where and since when; CORRUPT_DATA where `/leader`
   *   or `/leader-epoch` does not parse; CONTENTION; ZooKeeperError, but not of a lost connection or
   *   session, which is waited for
   */
  async campaign(options: CampaignOptions): Promise<Term> {
    const { profile, standby = false, signal } = options;
    signal?.throwIfAborted();
    const queue = standby ? new Candidacy(this.#ground) : null;
    const candidate = { profile, nonce: this.#ground.random.id(), queue };
    const trying = this.#patiently(
      signal,
      () =>
        queue === null
          ? this.#takeNow(candidate, signal)
          : this.#takeInTurn(candidate, queue, signal),
    ).catch(async (error: unknown) => {
      await queue?.leaveIfPossible();
      throw error;
    });
    if (signal === undefined) return await trying;
    try {
      return await unlessAbandoned(this.#ground.tree.zk, trying, signal);
    } catch (error) {
      // Nobody waits for it any more: should it win after all, it steps down.
      trying.then((term) => term.resign()).catch(() => {});
      throw error;
    }
  }

  /** Goes on where a broken connection, or session, has stopped it. */
  async #patiently(
    signal: AbortSignal | undefined,
    step: () => Promise<Term | null>,
  ): Promise<Term> {
    for (;;) {
      try {
        const term = await step();
        if (term !== null) return term;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isLoss(error)) throw error;
        await sleep(this.#ground.clock, RETRY_MS, signal);
      }
    }
  }

  /** Takes office, or is refused; waits only for a predecessor of the same id. */
  async #takeNow(candidate: Candidate, signal: AbortSignal | undefined): Promise<Term> {
    const { tree, clock } = this.#ground;
    const view = await WatchView.open(tree.zk, [{ path: tree.path("leader") }], clock);
    try {
      const deadline = clock.monotonic() + tree.zk.sessionTimeoutMs + EXPIRY_SLACK_MS;
      for (;;) {
        const withinMs = Math.max(0, deadline - clock.monotonic());
        const seen = await view.next({ signal, withinMs });
        try {
          return await this.#take(candidate);
        } catch (error) {
          if (seen === "elapsed" || !isOwnPredecessor(error, candidate.profile)) throw error;
        }
      }
    } finally {
      await view.close();
    }
  }

  /** Queues, and takes office when its turn has come. Null where it has to look again. */
  async #takeInTurn(
    candidate: Candidate,
    queue: Candidacy,
    signal: AbortSignal | undefined,
  ): Promise<Term | null> {
    const ahead = await queue.predecessor();
    return ahead === null
      ? await this.#takeWhenFree(candidate, queue, signal)
      : await this.#waitFor(ahead, queue, signal);
  }

  /** The first in the queue waits for the Leader alone. Null once its place is of an old session. */
  async #takeWhenFree(
    candidate: Candidate,
    queue: Candidacy,
    signal: AbortSignal | undefined,
  ): Promise<Term | null> {
    const { tree, clock } = this.#ground;
    const view = await WatchView.open(tree.zk, [{ path: tree.path("leader") }], clock);
    try {
      for (;;) {
        await view.next({ signal });
        if (!queue.isCurrent) return null;
        try {
          return await this.#take(candidate);
        } catch (error) {
          if (!isCode(error, "LEADER_EXISTS")) throw error;
        }
      }
    } finally {
      await view.close();
    }
  }

  /** Waits until the candidate before is gone, or the own place is of an old session. */
  async #waitFor(ahead: string, queue: Candidacy, signal: AbortSignal | undefined): Promise<null> {
    const { tree, clock } = this.#ground;
    const view = await WatchView.open(tree.zk, [{ path: ahead }], clock);
    try {
      do await view.next({ signal }); while (
        queue.isCurrent && await tree.zk.exists(ahead) !== null
      );
      return null;
    } finally {
      await view.close();
    }
  }

  /** Takes office now. Throws LEADER_EXISTS where another one leads. */
  async #take(candidate: Candidate): Promise<Term> {
    const { tree, clock } = this.#ground;
    for (;;) {
      const nothing = () => Promise.resolve(null);
      await commitUntilDone(this.#ground, () => this.#decide(candidate), nothing);
      const confirmedAt = clock.monotonic();
      const { holder, history, epoch } = await readAgain(this.#ground, () => readOffice(tree));
      // Not so where the session ended, or somebody's hand was in the tree, in between.
      if (holder === null || !this.#isMine(holder, candidate.nonce, epoch)) continue;
      const { record, stat } = holder;
      const term = new Term(this.#ground, {
        record,
        former: history.former,
        fence: { path: tree.path("leader-epoch"), version: record.epoch },
        sessionId: sessionOf(stat),
        czxid: stat.czxid,
        queue: candidate.queue,
      }, confirmedAt);
      this.#last = { nonce: candidate.nonce, term };
      return term;
    }
  }

  async #decide({ profile, nonce }: Candidate): Promise<Plan<void> | Settled<void>> {
    const { tree, clock } = this.#ground;
    const office = await readOffice(tree);
    const result = () => undefined;
    if (office.holder !== null) {
      const found = this.#standingOf(office.holder, { profile, nonce }, office.epoch);
      if (found === "mine") return { settled: undefined };
      if (found !== "replaceable") throw leaderExists(office.holder.record, found);
    }
    const record: LeaderRecord = {
      v: 1,
      instance_id: profile.id,
      name: profile.name,
      host: profile.host,
      pid: profile.pid,
      version: profile.version ?? "",
      epoch: nextEpoch(office),
      started_at: new Date(clock.now()).toISOString(),
      cache_dir: profile.cacheDir ?? "",
      nonce,
    };
    return { ...takingOffice(tree, office, record), result };
  }

  #standingOf(
    holder: Holder,
    { profile: { host, pid }, nonce }: Pick<Candidate, "profile" | "nonce">,
    epoch: number | null,
  ): Standing {
    if (this.#isMine(holder, nonce, epoch)) return "mine";
    // Of this try, but of a session that has ended, or of an epoch that was ended by hand.
    if (holder.record.nonce === nonce) return "replaceable";
    if (holder.record.nonce === this.#last?.nonce) {
      return this.#last.term.end === null ? "running" : "replaceable";
    }
    const self = { host, pid, nonce: "", sessionId: "0" };
    return standing({ member: holder.record, stat: holder.stat }, self, this.#isAlive);
  }

  /** Whether a try with this nonce leads, in the session that stands now, and by the last epoch. */
  #isMine({ record, stat }: Holder, nonce: string, epoch: number | null): boolean {
    return record.nonce === nonce && record.epoch === epoch &&
      sessionOf(stat) === this.#ground.tree.zk.sessionId;
  }
}

/** Whether a campaign was refused by what may be the same Leader before it was started again. */
function isOwnPredecessor(error: unknown, { id }: LeaderProfile): boolean {
  return isCode(error, "LEADER_EXISTS") && error.details["standing"] === "elsewhere" &&
    error.details["id"] === id;
}

function isCode(error: unknown, code: ErrorCode): error is OrchestratorError {
  return error instanceof OrchestratorError && error.code === code;
}
