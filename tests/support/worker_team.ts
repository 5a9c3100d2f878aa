import { FleetPause } from "../../src/coordination/fleet_pause.ts";
import { Inbox } from "../../src/coordination/inbox.ts";
import { encodePayload } from "../../src/coordination/payload.ts";
import { ServerTime } from "../../src/coordination/server_time.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { MAX_UNREAD } from "../../src/domain/limits.ts";
import type { WorkerTeam } from "../../src/worker/ports.ts";
import { type TaskTeam, taskTeam } from "./task_team.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

export interface TestTeam extends WorkerTeam {
  readonly parts: TaskTeam;
  readonly inboxes: Inbox;
}

export function workerTeam(zk: ZooKeeper, root: string): TestTeam {
  const parts = taskTeam(zk, root);
  const { tree, ledger, clock, random } = parts.store;
  const serverTime = new ServerTime(tree, ledger, clock);
  const everyone = async () =>
    (await tree.children(tree.path("instances"))).map((id) => InstanceId.parse(id));
  const inboxes = new Inbox({
    tree,
    ledger,
    clock,
    random,
    serverTime,
    everyone,
    maxUnread: MAX_UNREAD,
  });
  return {
    parts,
    inboxes,
    inbox: inboxes,
    tasks: parts.queue,
    recovery: parts.recovery,
    pause: new FleetPause({ tree, ledger, clock, random }),
    session: zk,
    async attach(member) {
      const path = tree.path("instances", member.id);
      const create = () =>
        ledger.commit([
          { type: "create", path, data: encodePayload(member), mode: "ephemeral" },
        ], null);
      await create();
      const end = zk.onStateChange((change) => {
        if (change.isNewSession) void create().catch(() => {});
      });
      const box = tree.path("messages", member.id);
      await ledger.commit([{
        type: "create",
        path: box,
        data: encodePayload({ v: 1, name: member.name, role: member.role }),
      }], null).catch(() => {});
      return {
        async update(change) {
          await zk.setData(path, encodePayload({ ...member, ...change }));
        },
        async leave() {
          end();
          await zk.delete(path);
        },
      };
    },
    async leader() {
      const found = await everyone();
      const leader = found.find((id) => id.startsWith("leader"));
      return leader === undefined ? null : { id: leader, name: "Leader" };
    },
  };
}
