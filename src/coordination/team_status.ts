import type { Clock } from "../platform/clock.ts";
import type { Team, TeamStatus } from "./team.ts";
import type { Tree } from "./tree.ts";

type Parts = Pick<Team, "tree" | "tasks" | "members" | "pause" | "leaderRecord"> & {
  readonly clock: Clock;
};

/** Whether a team can work, in numbers; counts come from the index, no task is read. */
export async function readTeamStatus(parts: Parts): Promise<TeamStatus> {
  const { tree, clock } = parts;
  const start = clock.monotonic();
  await tree.zk.exists(tree.path());
  const latency_ms = clock.monotonic() - start;
  const [members, tasks, leader, pause, read_messages] = await Promise.all([
    parts.members.list(),
    parts.tasks.counts(),
    parts.leaderRecord(),
    parts.pause.current(),
    countReadMessages(tree),
  ]);
  const online = members.filter(({ liveness }) => liveness === "online");
  return {
    latency_ms,
    leader,
    members: {
      online: online.length,
      busy: online.filter(({ status }) => status === "busy").length,
      expired: members.length - online.length,
    },
    tasks,
    paused_until: pause?.until ?? null,
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
