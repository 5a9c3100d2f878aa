import { once } from "node:events";
import { createServer } from "node:net";

/** Ports of the loopback interface, all different, that nobody listened on a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map(async (server) => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("No port was given");
    return address.port;
  }));
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
