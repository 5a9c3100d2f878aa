import { isZooKeeperError } from "../zookeeper/errors.ts";
import type { Endpoint, Environment, TlsOptions } from "../zookeeper/environment.ts";
import type { ZooKeeper } from "../zookeeper/zookeeper.ts";

/** Who may change a team's nodes, or why that is not known. */
export type Access = "open" | "closed" | "absent" | "refused" | "no_chroot";

/** What a connected server tells of itself. */
export interface ServerFacts {
  /** `host:port` */
  readonly endpoint: string;
  /** null where the server does not say. */
  readonly version: string | null;
  /** Median round trip of a read, in ms. */
  readonly latencyMs: number;
  readonly access: Access;
  /** ms by which the server's clock is ahead of this machine's; null where it could not be read. */
  readonly clockAheadMs: number | null;
}

const READS = 5;
const VERSION_TIMEOUT_MS = 2000;
const WRITE_PERMISSIONS = 2 | 4 | 8 | 16;

/**
 * Version of the server at an endpoint, by its `srvr` command, which servers answer unless they are
 * told not to; null where this one does not, or not within 2 s.
 */
export function serverVersion(
  environment: Environment,
  endpoint: Endpoint,
  tls?: TlsOptions,
): Promise<string | null> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text = "";
    const connection = environment.dial(endpoint, tls, {
      opened: () => connection.write(new TextEncoder().encode("srvr")),
      data: (chunk) => void (text += decoder.decode(chunk, { stream: true })),
      closed: () => {
        timer.cancel();
        resolve(/version: (\d+\.\d+\.\d+)/i.exec(text)?.[1] ?? null);
      },
    });
    const timer = environment.clock.timer(VERSION_TIMEOUT_MS, () => connection.destroy());
  });
}

/** Median round trip of a small read, in ms. */
export async function measureLatency(zk: ZooKeeper, environment: Environment): Promise<number> {
  const times: number[] = [];
  for (let read = 0; read < READS; read++) {
    const start = environment.clock.monotonic();
    await zk.exists("/");
    times.push(environment.clock.monotonic() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(READS / 2)] ?? 0;
}

/** Whether somebody without credentials could change a team's nodes. */
export async function readAccess(zk: ZooKeeper, root: string): Promise<Access> {
  try {
    const { acl } = await zk.getAcl(root);
    const everybody = acl.filter(({ scheme }) => scheme === "world");
    return everybody.some(({ permissions }) => (permissions & WRITE_PERMISSIONS) !== 0)
      ? "open"
      : "closed";
  } catch (error) {
    if (isZooKeeperError(error, "NO_AUTH")) return "closed";
    if (!isZooKeeperError(error, "NO_NODE")) throw error;
    return await zk.exists("/") === null ? "no_chroot" : "absent";
  }
}

/** ms that the server's clock is ahead, by the time it gives a node that is removed at once. */
async function readClock(
  zk: ZooKeeper,
  now: () => number,
  parent: string,
): Promise<number | null> {
  try {
    const asked = now();
    const { path, stat } = await zk.create(`${parent}/doctor-`, new Uint8Array(), {
      mode: "ephemeral_sequential",
    });
    const answered = now();
    await zk.delete(path);
    return Math.round(stat.ctime - (asked + answered) / 2);
  } catch (error) {
    if (isZooKeeperError(error, "NO_AUTH", "NO_NODE", "INVALID_ACL")) return null;
    throw error;
  }
}

/** Asks a connected server for everything that `doctor` judges; `now` is ms since 1970. */
export async function readServerFacts(
  zk: ZooKeeper,
  environment: Environment,
  options: { readonly root: string; readonly now: () => number; readonly tls?: TlsOptions },
): Promise<ServerFacts> {
  const endpoint = zk.endpoint;
  const access = await readAccess(zk, options.root);
  const parent = access === "absent" || access === "no_chroot" ? "" : options.root;
  return {
    endpoint: endpoint === undefined ? "unknown" : `${endpoint.host}:${endpoint.port}`,
    version: endpoint === undefined
      ? null
      : await serverVersion(environment, endpoint, options.tls),
    latencyMs: await measureLatency(zk, environment),
    clockAheadMs: access === "no_chroot" ? null : await readClock(zk, options.now, parent),
    access: access === "closed" && !await readable(zk, options.root) ? "refused" : access,
  };
}

async function readable(zk: ZooKeeper, root: string): Promise<boolean> {
  try {
    await zk.getChildren(root);
    return true;
  } catch (error) {
    if (isZooKeeperError(error, "NO_AUTH")) return false;
    throw error;
  }
}
