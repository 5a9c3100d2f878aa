import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import type { InstanceId } from "../domain/ids.ts";
import { LeaderRecord } from "../domain/leader.ts";
import { MAX_UNREAD } from "../domain/limits.ts";
import type { Actor } from "../domain/member.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { ZooKeeper } from "../zookeeper/zookeeper.ts";
import { ChainStore } from "./chains/chain_store.ts";
import { RequirementStore } from "./chains/requirement_store.ts";
import type { CorruptNode } from "./commit_once.ts";
import { ContextStore } from "./context_store.ts";
import type { Fence } from "./fence.ts";
import { FleetPause } from "./fleet_pause.ts";
import { Inbox } from "./inbox.ts";
import { sweepReadMessages } from "./inbox_retention.ts";
import { Journal } from "./journal.ts";
import { sweepJournal } from "./journal_retention.ts";
import { Ledger } from "./ledger.ts";
import { readAgain } from "./losses.ts";
import { Recovery } from "./recovery.ts";
import type { SweepOptions, Swept } from "./retention.ts";
import { Registry } from "./registry.ts";
import { ServerTime } from "./server_time.ts";
import { SpentTotal } from "./spent_total.ts";
import { TaskQueue } from "./task_queue.ts";
import { TaskOverview } from "./tasks/overview.ts";
import { TaskStore } from "./tasks/store.ts";
import type { TeamStatus } from "./team_status.ts";
import { Tree } from "./tree.ts";

export type { TeamStatus } from "./team_status.ts";

/** Where a team is, and what it is given from outside. */
export interface TeamOptions {
  /** The session that everything goes through; whoever opened it closes it. */
  readonly zk: ZooKeeper;
  /** Path below which everything of the team is, such as `/claude-orchestrator`. */
  readonly root: string;
  /**
   * For times in records, deadlines and pauses; leases go by the server's clock
   * (`Team.serverTime`).
   */
  readonly clock: Clock;
  /**
   * For the marks by which a step is recognised whose reply was lost, and for pauses after a
   * conflict.
   */
  readonly random: Random;
  /** Told of every node that does not parse and is therefore left out of an answer. */
  readonly onCorrupt?: (node: CorruptNode) => void;
  /** Unread messages that an inbox holds. Default: MAX_UNREAD. */
  readonly maxUnread?: number;
  /**
   * A Leader's: every write of the team, but for the two below, is refused with DEPOSED once the term is
   * over. What a process says of itself is not the Leader's word and goes on without the fence: the node
   * of `members.attach`. So does the stamp of `/clock`, which holds nothing.
   */
  readonly fence?: Fence;
}

/**
 * One team's part of a ZooKeeper, by recipe. Making it costs nothing: no recipe reads or writes before
 * it is asked to, and several teams (or several of these for one team) can share one session.
 */
export interface Team {
  /** The nodes of the team, by path; `tree.zk` is the session. */
  readonly tree: Tree;
  /** The tasks, and every step of their lives. */
  readonly tasks: TaskQueue;
  /** Tasks as a screen shows them: by state, and in the order in which they will be taken. */
  readonly overview: TaskOverview;
  /** Gives the tasks of owners that are gone back to the queue; claimers do so by themselves. */
  readonly recovery: Recovery;
  /** Who is on the team, and joining and leaving it. */
  readonly members: Registry;
  /** The messages of every member. */
  readonly inbox: Inbox;
  /** The values that the team shares, by key. */
  readonly context: ContextStore;
  /** What happened, in the order in which it did. */
  readonly journal: Journal;
  /** What all agents have cost. */
  readonly spent: SpentTotal;
  /** The pause of the whole team, as for a rate limit. */
  readonly pause: FleetPause;
  /** What the Leader was asked for. */
  readonly requirements: RequirementStore;
  /** What requirements were decomposed into, and what was decided of it. */
  readonly chains: ChainStore;
  /** The clock by which leases, expiry and retention are judged. */
  readonly serverTime: ServerTime;
  /** Who leads now, or null. */
  leader(): Promise<{ readonly id: InstanceId; readonly name: string } | null>;
  /** The whole record of who leads now, or null. */
  leaderRecord(): Promise<LeaderRecord | null>;
  /** Writes one event into the journal; after a broken connection it may be there twice. */
  announce(event: NewEvent): Promise<void>;
  /** Whether the team can work, in numbers. Throws `ZooKeeperError`. */
  status(): Promise<TeamStatus>;
  /** One batch of the retention of chains; see `sweepChains`. */
  sweepChains(options: SweepOptions): Promise<Swept>;
  /** One batch of the retention of requirements; see `sweepRequirements`. */
  sweepRequirements(options: SweepOptions): Promise<Swept>;
  /** One batch of the retention of members that are gone; see `sweepMembers`. */
  sweepMembers(options: SweepOptions): Promise<Swept>;
  /** One batch of the retention of messages; see `sweepReadMessages`. */
  sweepReadMessages(options: SweepOptions): Promise<Swept>;
  /** One batch of the retention of the journal; see `sweepJournal`. */
  sweepJournal(options: SweepOptions): Promise<Swept>;
}

/** The team below `root`. */
export function openTeam(options: TeamOptions): Team {
  const { zk, root, clock, random, onCorrupt = () => {}, maxUnread = MAX_UNREAD } = options;
  const tree = new Tree(zk, root);
  const ledger = new Ledger(tree, options.fence);
  const serverTime = new ServerTime(tree, ledger, clock);
  const store = new TaskStore({ tree, ledger, clock, random, onProblem: onCorrupt });
  const recovery = new Recovery(store, serverTime);
  const tasks = new TaskQueue(store, recovery);
  const ground = { tree, ledger, clock, random, onCorrupt };
  const members = new Registry({
    ...ground,
    ownLedger: options.fence === undefined ? ledger : new Ledger(tree),
    serverTime,
    releaseClaims: (member) => releaseClaims(tasks, member),
  });
  const everyone = async () => (await members.list()).map(({ id }) => id);
  const sending = { ...ground, serverTime, everyone, maxUnread };
  const inbox = new Inbox(sending);
  const pause = new FleetPause(ground);
  const leaderRecord = async () => {
    const read = await tree.read(tree.path("leader"), LeaderRecord);
    if (read.kind === "corrupt") onCorrupt(read);
    return read.kind === "found" ? read.value : null;
  };
  const journal = new Journal(tree, clock, onCorrupt);
  const pausedUntil = async () => (await pause.current())?.until ?? null;
  return {
    tree,
    tasks,
    overview: new TaskOverview(store),
    recovery,
    members,
    inbox,
    context: new ContextStore(ground),
    journal,
    spent: new SpentTotal(ground, journal),
    pause,
    requirements: new RequirementStore(store, ground),
    chains: new ChainStore(store, sending),
    serverTime,
    leaderRecord,
    leader: async () => {
      const record = await leaderRecord();
      return record && { id: record.instance_id, name: record.name };
    },
    announce: (event) => readAgain(ground, async () => void await ledger.commit([], event)),
    status: async () => {
      const { readTeamStatus } = await import("./team_status.ts");
      return await readTeamStatus({ tree, clock, tasks, members, leaderRecord, pausedUntil });
    },
    sweepChains: async (batch) =>
      await (await import("./chains/sweep.ts")).sweepChains(store, batch),
    sweepRequirements: async (batch) =>
      await (await import("./chains/sweep.ts")).sweepRequirements(store, batch),
    sweepMembers: async (batch) => {
      const { sweepMembers } = await import("./member_retention.ts");
      return await sweepMembers(tree, ledger, serverTime, batch);
    },
    sweepReadMessages: (batch) => sweepReadMessages(tree, ledger, serverTime, batch),
    sweepJournal: (batch) => sweepJournal(tree, ledger, serverTime, batch),
  };
}

/** Gives back what a member that leaves has claimed; what it lost meanwhile is somebody else's. */
async function releaseClaims(
  tasks: TaskQueue,
  member: Actor & { readonly id: InstanceId },
): Promise<void> {
  for (const { id, claim } of await tasks.heldBy(member.id)) {
    try {
      await tasks.release(id, { by: member, token: claim?.token }, "its owner left");
    } catch (error) {
      const isLost = error instanceof OrchestratorError &&
        ["CLAIM_LOST", "NOT_OWNER", "INVALID_TRANSITION"].includes(error.code);
      if (!isLost) throw error;
    }
  }
}
