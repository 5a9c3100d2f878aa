import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { startSharedServer } from "./shared_zookeeper.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

/** Names the port at which the process of `server_pool.ts` gives out servers. */
export const POOL_PORT = "TEST_SERVER_POOL_PORT";

/**
 * The server that is kept for this worker and this kind of server; null where nobody keeps any. What a
 * suite leaves in it stays: it is thrown away as a whole.
 */
export async function borrowServer(source: string): Promise<ZooKeeperServer | null> {
  const [port, worker] = [process.env[POOL_PORT], process.env["VITEST_POOL_ID"]];
  if (port === undefined || worker === undefined) return null;
  const socket = connect({ host: "127.0.0.1", port: Number(port) });
  // So little comes in one piece; Deno takes the end of what is written for the end of both ways.
  socket.write(`${source} ${worker}`);
  const hosts = await text(socket);
  if (!/^[\w.]+:\d+$/.test(hosts)) throw new Error(`Cannot borrow a server: ${hosts}`);
  return { ...await startSharedServer(hosts), stop: () => Promise.resolve() };
}
