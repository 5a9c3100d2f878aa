import type * as z from "zod";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import type { Deps } from "../cli/command.ts";
import type { StatusOutput } from "../schemas.ts";

/** What `status` says of a team. */
export type Health = z.input<typeof StatusOutput>;

/** Which servers and which tree are meant. */
export interface Place {
  readonly hosts: string;
  readonly root: string;
}

/** Where the team of the configuration is. Throws INVALID_CONFIG. */
export async function placeOf(deps: Deps): Promise<Place> {
  const config = await deps.config();
  return { hosts: config.value("zookeeper.url"), root: config.value("zookeeper.root_path") };
}

/** The health of a team whose servers do not answer. */
export function unreachable(place: Place): Health {
  return {
    v: 1,
    status: "unreachable",
    zookeeper: {
      ...place,
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
  };
}

/** The health of a team whose server is connected. Throws `ZooKeeperError`. */
export async function healthOf(deps: Deps, zk: ZooKeeper, place: Place): Promise<Health> {
  const [facts, team] = await Promise.all([serverFacts(deps, zk, place.root), deps.team()]);
  const { leader, epoch, members, tasks, paused_until, retained, ...open } = await team.status();
  return {
    v: 1,
    status: leader === null ? "no_leader" : "healthy",
    zookeeper: { ...place, reachable: true, ...facts },
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
