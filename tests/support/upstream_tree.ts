import { encodePayload } from "../../src/coordination/payload.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

const ROOT = "/claude-orchestrator";
const CONTAINERS = [
  "",
  "/instances",
  "/tasks",
  "/tasks/pending",
  "/tasks/claimed",
  "/tasks/completed",
];

/** A task as upstream 0.3.1 stores one that is pending. */
const pending = (title: string, more: object = {}) => ({
  id: "",
  title,
  description: `${title}, with care`,
  priority: 1,
  status: "pending",
  created_by: "",
  assigned_to: null,
  created_at: "2026-01-02T03:04:05.678Z",
  claimed_at: null,
  completed_at: null,
  claimed_by: null,
  result: null,
  retry_count: 0,
  blocked_reason: null,
  fail_reason: null,
  created_by_name: "",
  assigned_to_name: null,
  completed_by_name: null,
  duration_seconds: null,
  link: null,
  chain_id: null,
  depends_on: [],
  blocked_by: [],
  ...more,
});

/** What upstream leaves in ZooKeeper: three tasks that wait, one that is done. */
export async function plantUpstreamTree(zk: ZooKeeper): Promise<void> {
  for (const path of CONTAINERS) await zk.create(`${ROOT}${path}`);
  const create = (path: string, payload: object) =>
    zk.create(`${ROOT}/tasks/${path}`, encodePayload(payload));
  await create("completed/task-0000000000", { ...pending("Plan it"), status: "completed" });
  await create(
    "pending/task-0000000001",
    pending("Build it", {
      link: "build",
      chain_id: "chain-001",
      depends_on: ["task-0000000000"],
      assigned_to: "0123456789abcdef0123456789abcdef",
    }),
  );
  await create(
    "pending/task-0000000002",
    pending("Verify it", { link: "verify", priority: 0, depends_on: ["task-0000000001"] }),
  );
  await create("pending/task-0000000003", pending('Say "hello"\nto all', { priority: 2 }));
}
