import { randomBytes } from "node:crypto";
import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { connect } from "../../src/zookeeper/client.ts";
import { isZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { createNodes } from "./raw_session.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

/**
 * A server that somebody else runs, named by `ZK_HOSTS` (`host:port`, the first of several). It can
 * neither be stopped nor be started: suites that do so get one of their own.
 */
export async function startSharedServer(hosts: string): Promise<ZooKeeperServer> {
  const [first = ""] = hosts.split(",");
  const { hostname, port: portText } = new URL(`zk://${first}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  const port = Number(portText || 2181);
  const base = `/test-${randomBytes(6).toString("hex")}`;
  await createNodes(host, port, [base]);
  let roots = 0;
  const refuse = () => Promise.reject(new Error("This server belongs to somebody else"));
  return {
    hosts: `${hostname}:${port}`,
    port,
    tls: undefined,
    dataDir: "",
    pid: undefined,
    freshRoot: async () => {
      const root = `${base}/${++roots}`;
      await createNodes(host, port, [root]);
      return root;
    },
    stop: async () => {
      const zk = await connect({ hosts }, nodeEnvironment);
      await removeTree(zk, base);
      await zk.close();
    },
    kill: refuse,
    restart: refuse,
    pause: refuse,
    resume: refuse,
  };
}

/** Removes a node and all below it; what goes by itself meanwhile does not matter. */
async function removeTree(zk: ZooKeeper, path: string): Promise<void> {
  try {
    const { children } = await zk.getChildren(path);
    await Promise.all(children.map((name) => removeTree(zk, `${path}/${name}`)));
    await zk.delete(path);
  } catch (error) {
    if (!isZooKeeperError(error, "NO_NODE")) throw error;
  }
}
