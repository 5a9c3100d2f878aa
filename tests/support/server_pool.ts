import { once } from "node:events";
import { createServer } from "node:net";
import { POOL_PORT } from "./pooled_zookeeper.ts";
import { isStartable, startOwnServer, type ZooKeeperServer } from "./zookeeper_server.ts";

/**
 * Keeps a server for each worker that runs suites, from the first one that asks for it to the end of
 * all: a server that was just started is slow, and takes longer to start than many a suite to run. The
 * suites of a worker run one after the other, so that each has its server for itself meanwhile.
 */
export default async function openPool(): Promise<() => Promise<void>> {
  const servers = new Map<string, Promise<ZooKeeperServer>>();
  const serverOf = async (borrower: string) => {
    const [source = ""] = borrower.split(" ");
    if (!isStartable(source)) throw new Error(`There is no "${source}"`);
    const server = servers.get(borrower) ?? startOwnServer(source);
    servers.set(borrower, server);
    return await server;
  };
  const door = createServer((socket) => {
    socket.on("error", () => {});
    socket.setEncoding("utf8").once("data", (borrower) => {
      serverOf(String(borrower)).then(
        ({ hosts }) => socket.end(hosts),
        (error: unknown) => socket.end(`no server: ${error}`),
      );
    });
  });
  await once(door.listen(0, "127.0.0.1"), "listening");
  const address = door.address();
  if (address === null || typeof address === "string") throw new Error("No port was given");
  process.env[POOL_PORT] = String(address.port);
  return async () => {
    door.close();
    await Promise.all(
      [...servers.values()].map((each) => each.then((one) => one.stop(), () => {})),
    );
  };
}
