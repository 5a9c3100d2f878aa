import { afterAll, beforeAll, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { type CommandShell, inProcess, openShell } from "../support/command_shell.ts";
import { connectTo } from "../support/task_team.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const ROOT = "/claude-orchestrator";
const BROKEN = new TextEncoder().encode("{");
const FOREIGN = "parked/failed/0/foreign";
const ASIDE = "set_aside/task-0000000007";

describeWithZooKeeper("a command that meets a node that does not parse", (server) => {
  let zk: ZooKeeper;
  let shell: CommandShell;
  let me = "";
  beforeAll(async () => {
    const root = await server.freshRoot();
    zk = await connectTo(`${server.hosts}${root}`);
    shell = openShell(inProcess, `${server.hosts}${root}`);
    me = (await shell.json<{ id: string }>("register", "--name", "Jerry")).id;
    await shell.json("push-task", "--title", "Broken");
    await shell.json("push-task", "--title", "Whole");
    await shell.json("set-context", "--key", "good", "--value", "1");
    await shell.json("send-message", "--to-name", "Jerry", "--content", "Whole");
    await zk.setData(`${ROOT}/tasks/records/task-0000000001`, BROKEN);
    await zk.create(`${ROOT}/context/%zz`, BROKEN);
    await zk.create(`${ROOT}/context/bad`, BROKEN);
    await zk.create(`${ROOT}/instances/bad`, BROKEN);
    await zk.create(`${ROOT}/leader`, BROKEN);
    await zk.create(`${ROOT}/pause`, BROKEN);
    await zk.create(`${ROOT}/journal/0000000000/e-`, BROKEN, { mode: "persistent_sequential" });
    await zk.create(`${ROOT}/messages/${me}/new/msg-0000000009`, BROKEN);
  });
  afterAll(async () => {
    shell.remove();
    await zk.close();
  });

  test("doctor finds it, an entry that does not fit, and one that is set aside", async () => {
    const steps = ["parked", "parked/failed", "parked/failed/0", FOREIGN, "set_aside", ASIDE];
    for (const step of steps) await zk.create(`${ROOT}/tasks/${step}`);
    const { stdout } = await shell.run("doctor");
    const { checks } = JSON.parse(stdout) as { checks: { check: string; message: string }[] };
    const of = (name: string) => checks.find(({ check }) => check === name);
    expect(of("tasks")).toMatchObject({ status: "warn", remedy: expect.any(String) });
    expect(of("tasks")?.message).toContain(FOREIGN);
    expect(of("records")).toMatchObject({ status: "warn", remedy: expect.any(String) });
    expect(of("records")?.message).toContain("/tasks/records/task-0000000001");
    expect(of("records")?.message).toContain(ASIDE);
    expect(await zk.exists(`${ROOT}/tasks/${ASIDE}`)).not.toBeNull();
  });

  test.each([
    [["list-instances"], ["/instances/bad"]],
    [["list-tasks"], ["/tasks/records/task-0000000001"]],
    [["events"], ["/journal/0000000000/e-"]],
    [["status"], ["/instances/bad", "/leader", "/pause"]],
    [["list-context-keys"], ["/context/%zz"]],
    [["poll-messages"], ["/messages/"]],
    [["task-show", "--task-id", "task-0000000001"], ["/tasks/records/task-0000000001"]],
    [["get-context", "--key", "bad"], ["/context/bad"]],
    [["claim-task"], ["/pause"]],
  ])("%j names it on stderr, and leaves it", async (argv, paths) => {
    const { stderr } = await shell.run(...argv);
    for (const path of paths) {
      const lines = stderr.split("\n").filter((line) => line.includes(`${ROOT}${path}`));
      expect(lines, stderr).not.toEqual([]);
      for (const line of lines) expect(line).toContain("CORRUPT_DATA");
    }
    expect((await zk.getData(`${ROOT}/instances/bad`)).data).toEqual(BROKEN);
    expect((await zk.getData(`${ROOT}/tasks/records/task-0000000001`)).data).toEqual(BROKEN);
  });
});
