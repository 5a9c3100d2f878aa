import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Claimer } from "../../src/coordination/task_queue.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { connectTo, join, type TaskTeam, taskTeam } from "./task_team.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

/** A client of the server, open while the tests of the suite run; use it only within tests and hooks. */
export function useClient(server: ZooKeeperServer): ZooKeeper {
  let opened: ZooKeeper | undefined;
  beforeAll(async () => {
    opened = await connectTo(server.hosts);
  });
  afterAll(() => opened?.close());
  return live(() => opened);
}

/** A team of its own for each test, with these members, on the client. */
export function useTaskTeam(
  server: ZooKeeperServer,
  zk: ZooKeeper,
  ...members: readonly Claimer[]
): TaskTeam {
  let team: TaskTeam | undefined;
  beforeEach(async () => {
    team = taskTeam(zk, await server.freshRoot());
    for (const member of members) await join(team, member);
  });
  return live(() => team);
}

/** Stands for what a hook makes later, or makes anew. */
function live<T extends object>(made: () => T | undefined): T {
  return new Proxy({} as T, {
    get: (_, name) => {
      const target = made();
      if (target === undefined) throw new Error("It is there only during tests and hooks");
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
