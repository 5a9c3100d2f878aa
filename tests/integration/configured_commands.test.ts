import { expect, onTestFinished, test } from "vitest";
import { inProcess, openShell } from "../support/command_shell.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

async function shellAt(server: ZooKeeperServer) {
  const opened = openShell(inProcess, `${server.hosts}${await server.freshRoot()}`);
  onTestFinished(() => opened.remove());
  return opened;
}

describeWithZooKeeper("what is configured counts", (server) => {
  const shell = () => shellAt(server);

  test("limits.max_retries, unless the task says otherwise", async () => {
    const { json, run } = await shell();
    await json("config", "set", "limits.max_retries", "1");
    const pushed = (...argv: string[]) =>
      json<{ max_retries: number }>("push-task", "--title", "x", ...argv);
    expect((await pushed()).max_retries).toBe(1);
    expect((await pushed("--max-retries", "5")).max_retries).toBe(5);
    expect((await run("config", "unset", "limits.max_retries")).status).toBe(0);
    expect((await pushed()).max_retries).toBe(3);
  });

  test("limits.lease, role and name of a member that registers", async () => {
    const { json } = await shell();
    await json("config", "set", "limits.lease", "90s");
    await json("setup", "--name", "Bob", "--role", "tester");
    expect(await json("register")).toMatchObject({
      name: "Bob",
      role: "tester",
      lease_ms: 90_000,
    });
  });

  test("of two members of one project each says who it is, by name", async () => {
    const { json, failure } = await shell();
    await json("register", "--name", "Bob");
    await json("register", "--name", "Jerry");
    expect(await failure("claim-task")).toMatchObject({
      code: "IDENTITY_MISSING",
      candidates: [{ name: "Bob" }, { name: "Jerry" }],
    });
    expect(await json("push-task", "--title", "a person's", "--priority", "3")).toMatchObject({
      created_by: "",
    });
    await json("push-task", "--title", "x", "-i", "Bob");
    expect(await json("-i", "Jerry", "claim-task")).toMatchObject({
      created_by_name: "Bob",
      claim: { owner_name: "Jerry" },
    });
    await json("-i", "Bob", "unregister");
    expect(await json("heartbeat")).toMatchObject({ member: { name: "Jerry" } });
  });
});

// What it makes cannot be removed by whoever cleans up a server that others use too.
describeWithZooKeeper("credentials that are configured", (server) => {
  test("zookeeper.root_path and zookeeper.auth: two teams on one server see nothing of each other", async () => {
    const { json, failure } = await shellAt(server);
    await json("config", "set", "zookeeper.auth", "one:secret");
    await json("push-task", "--title", "of the first team");
    await json("config", "set", "zookeeper.auth", "two:secret");
    expect(await failure("list-tasks")).toMatchObject({ code: "NOT_ALLOWED", exit: 6 });
    await json("config", "set", "zookeeper.root_path", "/second-team");
    expect(await json("list-tasks")).toEqual([]);
  });
}, { mistreats: true });
