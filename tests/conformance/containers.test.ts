import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { connect } from "../../src/zookeeper/client.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { startEmbedded } from "../support/embedded_zookeeper.ts";
import { startJvm, whyNoJars } from "../support/jvm_zookeeper.ts";
import type { ServerOptions } from "../support/zookeeper_config.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";

const reason = whyNoJars();
const servers: [string, (options: ServerOptions) => Promise<ZooKeeperServer>][] = [
  ["the coordinator", startEmbedded],
];
if (reason === null || process.env["CI"] === "true") servers.push(["ZooKeeper", startJvm]);
else console.warn(`Skipped: containers on ZooKeeper: ${reason}`);

describe.each(servers)("containers on %s", (_name, start) => {
  let server: ZooKeeperServer;
  let zk: ZooKeeper;
  beforeAll(async () => {
    server = await start({ tickMs: 200, containerCheckMs: 100 });
    zk = await connect({ hosts: server.hosts }, nodeEnvironment);
  });
  afterAll(async () => {
    await zk.close();
    await server.stop();
  });

  const gone = (path: string) =>
    new Promise<void>((resolve, reject) => {
      zk.exists(path, () => resolve()).then((stat) => {
        if (stat === null) resolve();
      }, reject);
    });

  test("go when their last child has gone, one inside the other", async () => {
    await zk.create("/outer", undefined, { mode: "container" });
    await zk.create("/outer/inner", undefined, { mode: "container" });
    await zk.create("/outer/inner/child");
    await zk.delete("/outer/inner/child");
    await gone("/outer/inner");
    await gone("/outer");
  });

  test("stay while they have never had a child, or have one", async () => {
    await zk.create("/fresh", undefined, { mode: "container" });
    await zk.create("/full", undefined, { mode: "container" });
    await zk.create("/full/child");
    // By the time that another one has gone, these have been looked at.
    for (const path of ["/x", "/y"]) {
      await zk.create(path, undefined, { mode: "container" });
      await zk.create(`${path}/child`);
      await zk.delete(`${path}/child`);
      await gone(path);
    }
    expect(await zk.exists("/fresh")).not.toBeNull();
    expect(await zk.exists("/full")).not.toBeNull();
  });
});
