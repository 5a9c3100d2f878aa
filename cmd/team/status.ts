import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { defineCommand, type Deps } from "../cli/command.ts";

/** Whether the team can work: ZooKeeper, the Leader, members and tasks in numbers. */
export default defineCommand({
  description:
    "Where ZooKeeper cannot be reached the document says so too, beside the error, and the status " +
    "is 5.",
  options: {},
  examples: [
    { says: "For people", command: "claude-orchestrator status --output table" },
    { says: "How much is open", command: "claude-orchestrator status | jq .tasks.pending" },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).StatusOutput },
  run: async (deps) => {
    const config = await deps.config();
    const where = {
      hosts: config.value("zookeeper.url"),
      root: config.value("zookeeper.root_path"),
    };
    let zk: ZooKeeper;
    try {
      zk = await deps.zk();
    } catch (error) {
      await deps.out.document({
        v: 1,
        status: "unreachable",
        zookeeper: {
          ...where,
          reachable: false,
          server: null,
          version: null,
          latency_ms: null,
          open: null,
        },
        leader: null,
        epoch: null,
        instances_online: null,
        members: null,
        tasks: null,
        open_chains: null,
        open_requirements: null,
        paused_until: null,
        retained: null,
      });
      throw error;
    }
    await deps.out.document(await healthOf(deps, zk, where));
  },
});

async function healthOf(deps: Deps, zk: ZooKeeper, where: { hosts: string; root: string }) {
  const [facts, team] = await Promise.all([serverFacts(deps, zk, where.root), deps.team()]);
  const { leader, epoch, members, tasks, paused_until, retained, ...open } = await team.status();
  return {
    v: 1,
    status: leader === null ? "no_leader" : "healthy",
    zookeeper: { ...where, reachable: true, ...facts },
    leader,
    epoch,
    instances_online: members.online,
    members,
    tasks,
    open_chains: open.open_chains,
    open_requirements: open.open_requirements,
    paused_until,
    retained,
  };
}

async function serverFacts(deps: Deps, zk: ZooKeeper, root: string) {
  const [{ measureLatency, readAccess, serverVersion }, { readTls }, { nodeEnvironment }] =
    await Promise.all([
      import("../../src/setup/server_facts.ts"),
      import("../../src/config/tls.ts"),
      import("../../src/platform/node/environment.ts"),
    ]);
  const tls = readTls(await deps.config(), await deps.files());
  const { endpoint } = zk;
  const [version, latency, access] = await Promise.all([
    endpoint === undefined ? null : serverVersion(nodeEnvironment, endpoint, tls),
    measureLatency(zk, nodeEnvironment),
    readAccess(zk, root),
  ]);
  return {
    server: endpoint === undefined ? null : `${endpoint.host}:${endpoint.port}`,
    version,
    latency_ms: Math.round(latency * 100) / 100,
    open: access === "absent"
      ? (await deps.config()).value("zookeeper.auth") === null
      : access === "open",
  };
}
