import type { LeaderRecord } from "../domain/leader.ts";
import type { TaskStatus } from "../domain/task.ts";
import type { Clock } from "../platform/clock.ts";
import type { Registry } from "./registry.ts";
import type { TaskQueue } from "./task_queue.ts";
import type { Tree } from "./tree.ts";

/** Whether a team can work, in numbers. */
export interface TeamStatus {
  /** ms for one read of the server. */
  readonly latency_ms: number;
  /** Who leads now; null where nobody does. */
  readonly leader: LeaderRecord | null;
  /** Of the Leader, or of the last one; 0 while nobody has led. */
  readonly epoch: number;
  /**
   * Members that are attached or within their lease, those of them that work, and leases that have
   * passed.
   */
  readonly members: { readonly online: number; readonly busy: number; readonly expired: number };
  /** How many there are in each state. */
  readonly tasks: Record<TaskStatus, number>;
  /** Chains that are not over. */
  readonly open_chains: number;
  /** Requirements that are not over. */
  readonly open_requirements: number;
  /** ISO 8601; null while nothing is paused. */
  readonly paused_until: string | null;
  /** What is kept until retention removes it. */
  readonly retained: { readonly finished_tasks: number; readonly read_messages: number };
}

/** What the status is read from. */
export interface StatusSources {
  readonly tree: Tree;
  readonly clock: Clock;
  readonly tasks: TaskQueue;
  readonly members: Registry;
  readonly leaderRecord: () => Promise<LeaderRecord | null>;
  /** The moment until which all pause; null where none stands, or what stands does not parse. */
  readonly pausedUntil: () => Promise<string | null>;
}

/** Whether a team can work, in numbers; counts come from the index, no task is read. */
export async function readTeamStatus(sources: StatusSources): Promise<TeamStatus> {
  const { tree, clock } = sources;
  const start = clock.monotonic();
  await tree.zk.exists(tree.path());
  const latency_ms = clock.monotonic() - start;
  const [
    members,
    tasks,
    leader,
    epoch,
    paused_until,
    read_messages,
    open_chains,
    open_requirements,
  ] = await Promise.all([
    sources.members.list(),
    sources.tasks.counts(),
    sources.leaderRecord(),
    tree.zk.exists(tree.path("leader-epoch")),
    sources.pausedUntil(),
    countReadMessages(tree),
    tree.count(tree.path("chains", "open")),
    tree.count(tree.path("requirements", "open")),
  ]);
  const online = members.filter(({ liveness }) => liveness === "online");
  return {
    latency_ms,
    leader,
    epoch: epoch?.version ?? 0,
    members: {
      online: online.length,
      busy: online.filter(({ status }) => status === "busy").length,
      expired: members.length - online.length,
    },
    tasks,
    open_chains,
    open_requirements,
    paused_until,
    retained: { finished_tasks: tasks.completed + tasks.cancelled, read_messages },
  };
}

async function countReadMessages(tree: Tree): Promise<number> {
  const owners = await tree.children(tree.path("messages"));
  const counts = await Promise.all(
    owners.map((owner) => tree.count(tree.path("messages", owner, "read"))),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
