import { Ledger } from "../../src/coordination/ledger.ts";
import { Journal } from "../../src/coordination/journal.ts";
import { Recovery } from "../../src/coordination/recovery.ts";
import { ServerTime } from "../../src/coordination/server_time.ts";
import { encodePayload } from "../../src/coordination/payload.ts";
import { type Claimer, TaskQueue } from "../../src/coordination/task_queue.ts";
import { type Problem, TaskStore } from "../../src/coordination/tasks/store.ts";
import { Tree } from "../../src/coordination/tree.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import type { Actor } from "../../src/domain/member.ts";
import type { Holder } from "../../src/domain/ownership.ts";
import type { Task } from "../../src/domain/task.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { connect } from "../../src/zookeeper/client.ts";
import type { ConnectOptions, ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/** The tasks of one team as one process sees them, on a client of its own. */
export interface TaskTeam {
  readonly zk: ZooKeeper;
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly recovery: Recovery;
  readonly journal: Journal;
  /** What was found wrong in the tree. */
  readonly problems: Problem[];
}

/** Builds the queue on a client, which may be one that misbehaves on purpose. */
export function taskTeam(zk: ZooKeeper, root: string, clock: Clock = systemClock): TaskTeam {
  const tree = new Tree(zk, root);
  const ledger = new Ledger(tree);
  const problems: Problem[] = [];
  const store = new TaskStore({
    tree,
    ledger,
    clock,
    random: systemRandom,
    onProblem: (problem) => problems.push(problem),
  });
  const recovery = new Recovery(store, new ServerTime(tree, ledger, clock));
  const queue = new TaskQueue(store, recovery);
  return { zk, store, queue, recovery, journal: new Journal(tree, clock), problems };
}

/** A client with the runtime's own clock and sockets. */
export function connectTo(
  hosts: string,
  options: Omit<ConnectOptions, "hosts"> = {},
): Promise<ZooKeeper> {
  return connect({ hosts, ...options }, nodeEnvironment);
}

export const PERSON: Actor = { id: "", name: "Tester" };

/** Somebody who claims: `claimer("w1", "builder")`. */
export function claimer(name: string, role = "general"): Claimer {
  return { id: InstanceId.parse(name), name, role };
}

/** The holder that a claimer is of a task that it has just claimed. */
export function holderOf(who: Claimer, task: Task): Holder {
  return { by: who, token: task.claim?.token };
}

/** Makes a claimer a member: attached to the client's session, or leased for so many ms. */
export async function join(team: TaskTeam, who: Claimer, leaseMs?: number): Promise<void> {
  const member = {
    v: 1,
    id: who.id,
    name: who.name,
    role: who.role,
    kind: leaseMs === undefined ? "attached" : "leased",
    connected_since: new Date(systemClock.now()).toISOString(),
    lease_ms: leaseMs ?? null,
  };
  await team.store.ledger.commit([{
    type: "create",
    path: team.store.tree.path("instances", who.id),
    data: encodePayload(member),
    mode: leaseMs === undefined ? "ephemeral" : "persistent",
  }], null);
}
