import { randomBytes } from "node:crypto";
import { createNodes } from "./raw_session.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

/**
 * A server that somebody else runs, named by `ZK_HOSTS` (`host:port`, the first of several). It can
 * neither be stopped nor be started: suites that need this ask for it and are skipped.
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
    stop: () => Promise.resolve(),
    kill: refuse,
    restart: refuse,
    pause: refuse,
    resume: refuse,
  };
}
