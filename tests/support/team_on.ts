import type { CorruptNode } from "../../src/coordination/commit_once.ts";
import type { Fence } from "../../src/coordination/fence.ts";
import { openTeam, type Team } from "../../src/coordination/team.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/** A team on a client, which may be one that misbehaves on purpose, and what it found wrong. */
export function teamOn(
  zk: ZooKeeper,
  root: string,
  options: { clock?: Clock; maxUnread?: number; fence?: Fence } = {},
): Team & { readonly corrupt: CorruptNode[] } {
  const corrupt: CorruptNode[] = [];
  const team = openTeam({
    zk,
    root,
    clock: systemClock,
    random: systemRandom,
    onCorrupt: (node) => corrupt.push(node),
    ...options,
  });
  return { ...team, corrupt };
}

/** A profile of a member: `profile("tom")` is the builder "tom" on this host. */
export function profile(name: string, id = name) {
  return { id: InstanceId.parse(id), name, role: "builder", host: "here", pid: 7 };
}

/** The next value of a stream. Throws where it has ended. */
export async function next<T>(stream: AsyncIterator<T>): Promise<T> {
  const { done, value } = await stream.next();
  if (done) throw new Error("The stream has ended");
  return value;
}
