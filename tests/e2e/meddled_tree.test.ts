import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { asProgram, type CommandShell, openShell } from "../support/command_shell.ts";
import { connectTo } from "../support/task_team.ts";
import { EXECUTABLE } from "../support/worker_process.ts";
import { hasZooKeeperCli, zooKeeperCli } from "../support/zookeeper_cli.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const ROOT = "/claude-orchestrator";
const BROKEN = "task-0000000002";
const NONSENSE = "nonsense";
const hosts = { all: "" };

if (!hasZooKeeperCli()) console.warn("Skipped: a meddled tree: there is no zkCli.sh");

describe.skipIf(!hasZooKeeperCli())("with nonsense written by ZooKeeper's own client", () => {
  describeWithZooKeeper("the executable", (server) => {
    let shell: CommandShell;
    let zk: ZooKeeper;
    let mine: string[];
    let foreign: string[];
    beforeAll(async () => {
      const root = await server.freshRoot();
      hosts.all = `${server.hosts}${root}`;
      zk = await connectTo(hosts.all);
      shell = openShell(asProgram(EXECUTABLE), hosts.all);
      await shell.json("register", "--name", "Jerry", "-i", "jerry");
      for (const title of ["Held", "Broken", "Third", "Fourth"]) {
        await shell.json("push-task", "--title", title);
      }
      await shell.json("claim-task");
      await shell.json("claim-task", "--task-id", "task-0000000004");
      await shell.json("set-context", "--key", "good", "--value", "1");
      await shell.json("send-message", "--to", "jerry", "--content", "Whole");
      // Where the product keeps payloads, and where it never writes.
      mine = [
        "/context/broken",
        "/instances/broken",
        "/journal/0000000000/e-0000000500",
        "/leader",
        "/messages/jerry/new/msg-0000000099",
        "/pause",
      ];
      foreign = [
        "/context/%zz",
        "/journal/0000000000/foreign",
        "/journal/foreign",
        "/messages/foreign",
        "/messages/jerry/new/foreign",
        "/tasks/foreign",
        "/tasks/held/foreign",
        "/tasks/ready/any/1/00000000/foreign",
        "/tasks/ready/any/1/foreign",
        "/tasks/ready/any/foreign",
        "/tasks/ready/foreign",
        "/tasks/records/foreign",
        "/foreign",
      ];
      zooKeeperCli(hosts.all, [
        `set ${ROOT}/tasks/records/${BROKEN} ${NONSENSE}`,
        ...[...mine, ...foreign].map((path) => `create ${ROOT}${path} ${NONSENSE}`),
      ]);
    });
    afterAll(async () => {
      shell.remove();
      await zk.close();
    });

    const dataOf = async (path: string) =>
      new TextDecoder().decode((await zk.getData(`${ROOT}${path}`)).data);

    test.each<[string[], string[]]>([
      [["status"], ["/pause", "/leader", "/instances/broken"]],
      [["list-instances"], ["/instances/broken"]],
      [["list-tasks"], [`/tasks/records/${BROKEN}`]],
      [["list-tasks", "--status", "pending"], [`/tasks/records/${BROKEN}`]],
      [["task-show", "--task-id", "task-0000000003"], []],
      [["task-history", "--task-id", "task-0000000003"], []],
      [["events"], ["/journal/0000000000/e-0000000500"]],
      [["push-task", "--title", "More"], []],
      [["heartbeat"], []],
      [["claim-task"], [`/tasks/records/${BROKEN}`]],
      [["complete-task", "--task-id", "task-0000000001", "--result", "ok"], []],
      [["task-release", "--task-id", "task-0000000004"], []],
      [["task-cancel", "--task-id", "task-0000000004"], []],
      [["send-message", "--broadcast", "--content", "x"], ["/instances/broken"]],
      [["poll-messages"], ["/messages/jerry/new/msg-0000000099"]],
      [["wait-for-message"], []],
      [["mark-read", "--message-id", "msg-0000000001"], []],
      [["request-help", "--question", "Why?"], []],
      [["list-context-keys"], ["/context/%zz"]],
      [["get-context", "--key", "good"], []],
      [["set-context", "--key", "good", "--value", "2"], []],
      [["delete-context", "--key", "good"], []],
    ])("%j answers, and names what it left out", async (argv, named) => {
      const { status, stdout, stderr } = await shell.run(...argv);
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(stdout).not.toBe("");
      for (const path of named) {
        expect(stderr).toContain(
          `{"warning":{"code":"CORRUPT_DATA","message":"Left out ${ROOT}${path}`,
        );
      }
    });

    test.each<[string[], string]>([
      [["task-show", "--task-id", BROKEN], `/tasks/records/${BROKEN}`],
      [["task-history", "--task-id", BROKEN], `/tasks/records/${BROKEN}`],
      [["claim-task", "--task-id", BROKEN], `/tasks/records/${BROKEN}`],
      [["task-cancel", "--task-id", BROKEN], `/tasks/records/${BROKEN}`],
      [["complete-task", "--task-id", BROKEN, "--result", "x"], `/tasks/records/${BROKEN}`],
      [["mark-read", "--message-id", "msg-0000000099"], "/messages/jerry/new/msg-0000000099"],
      [["get-context", "--key", "broken"], "/context/broken"],
      [["set-context", "--key", "broken", "--value", "x"], "/context/broken"],
      [["delete-context", "--key", "broken"], "/context/broken"],
    ])("%j is refused, with the node", async (argv, path) => {
      expect(await shell.failure(...argv))
        .toMatchObject({ exit: 1, code: "CORRUPT_DATA", path: `${ROOT}${path}` });
    });

    test("nothing of it is touched by any of them", async () => {
      for (const path of [...mine, ...foreign, `/tasks/records/${BROKEN}`]) {
        expect([path, await dataOf(path)]).toEqual([path, NONSENSE]);
      }
    });

    test.each([
      ["/counters/tasks", ["push-task", "--title", "x"]],
      ["/counters/messages", ["send-message", "--to", "jerry", "--content", "x"]],
      ["/journal/current", ["push-task", "--title", "x"]],
    ])("a broken %s stops what needs it, and the reading goes on", async (path, argv) => {
      const before = await dataOf(path);
      zooKeeperCli(hosts.all, [`set ${ROOT}${path} ${NONSENSE}`]);
      const error = await shell.failure(...argv);
      expect(error).toMatchObject({ exit: 1, code: "CORRUPT_DATA" });
      expect(JSON.stringify(error)).toContain(path);
      for (const reader of ["status", "list-instances", "poll-messages", "list-context-keys"]) {
        expect(await shell.run(reader)).toMatchObject({ status: 0 });
      }
      expect(await dataOf(path)).toBe(NONSENSE);
      await zk.setData(`${ROOT}${path}`, new TextEncoder().encode(before));
      expect(await shell.run(...argv)).toMatchObject({ status: 0 });
    });
  });
});
