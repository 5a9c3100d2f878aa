import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { nodeProcessRegister } from "../../src/platform/node/process_register.ts";
import { coordinatorHome, listens } from "../support/coordinator_home.ts";
import { smallFileSystem, whyNoMount } from "../support/small_file_system.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

interface TaskView {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

test("a newcomer gets from the executable alone to a task completed", async () => {
  const home = await coordinatorHome();
  const registered = await home.run("register", "--name", "Jerry", "--role", "builder");
  expect(registered.status).toBe(0);
  expect(registered.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(JSON.parse(registered.stderr)).toMatchObject({
    note: {
      message: "Started the embedded coordinator, for this machine only",
      address: `127.0.0.1:${home.port}`,
      data_dir: home.dataDir,
    },
  });
  await home.json("push-task", "--title", "Add a health check");
  const { id } = await home.json<TaskView>("claim-task");
  await home.json("complete-task", "--task-id", id, "--result", "GET /health answers 200");
  expect(await home.json<TaskView>("task-show", "--task-id", id)).toMatchObject({
    status: "completed",
    result: "GET /health answers 200",
  });
  expect(await home.json("coordinator", "status")).toMatchObject({
    status: "serving",
    running: true,
    started: "automatic",
    idle_timeout_ms: 3_600_000,
    connections: 0,
    writes_refused: false,
  });
});

describe("start and stop", () => {
  test("run it in the background, once, however often they are asked to", async () => {
    const home = await coordinatorHome();
    expect(await home.json("coordinator", "stop")).toMatchObject({ status: "stopped", pid: null });
    expect(await home.json("coordinator", "status")).toMatchObject({ status: "not_running" });
    const first = await home.json("coordinator", "start");
    expect(first).toMatchObject({ status: "started", port: home.port });
    const second = await home.json("coordinator", "start");
    expect(second).toMatchObject({ status: "already_running", pid: first.pid });
    expect(await home.json("coordinator", "status")).toMatchObject({
      status: "serving",
      pid: first.pid,
      address: `127.0.0.1:${home.port}`,
      started: "explicit",
      sessions: 0,
    });
    expect(await home.json("coordinator", "stop")).toMatchObject({
      status: "stopped",
      pid: first.pid,
    });
    expect(nodeProcessRegister.isAlive({ pid: first.pid, started: "" })).toBe(false);
    expect(readdirSync(home.dataDir).filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  test("wait for nobody who is connected, and whoever was goes on with the next run", async () => {
    const home = await coordinatorHome();
    await home.run("register", "--name", "Ann");
    const watching = home.start(["watch-context", "--key", "k", "--follow"]);
    const connections = async () => (await home.json("coordinator", "status"))["connections"];
    await expect.poll(connections, { timeout: 10_000 }).toBe(1);
    const began = performance.now();
    expect(await home.json("coordinator", "stop")).toMatchObject({ status: "stopped" });
    expect(performance.now() - began).toBeLessThan(10_000);
    await home.json("coordinator", "start");
    await home.json("set-context", "--key", "k", "--value", "after the restart");
    await watching.printed("after the restart");
    watching.interrupt();
    await watching.ended;
  });

  test("leave files that only their owner can read", async () => {
    const home = await coordinatorHome();
    await home.json("coordinator", "start");
    await home.json("set-context", "--key", "a", "--value", "b");
    const modes = readdirSync(home.dataDir).map((
      name,
    ) => [name, statSync(join(home.dataDir, name)).mode & 0o777]);
    expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);
    expect(statSync(home.dataDir).mode & 0o777).toBe(0o700);
  });

  test("in the foreground it says when it serves, and ends at the first signal", async () => {
    const home = await coordinatorHome();
    const server = home.start(["coordinator", "start", "--foreground"]);
    const printed = JSON.parse(await server.printed("}\n"));
    expect(printed).toMatchObject({ status: "started", port: home.port, idle_timeout_ms: null });
    await home.json("set-context", "--key", "a", "--value", "b");
    server.interrupt();
    expect(await server.ended).toMatchObject({ status: 0 });
    expect(await home.json("coordinator", "status")).toMatchObject({ status: "not_running" });
  });

  test("of many that start at once one serves, and all find it", async () => {
    const home = await coordinatorHome();
    const names = ["Ann", "Bob", "Cid", "Dan", "Eve", "Fay"];
    const all = await Promise.all(names.map((name) => home.run("register", "--name", name)));
    expect(all.map(({ status, stderr }) => [status, stderr.includes('"error"')]))
      .toEqual(names.map(() => [0, false]));
    expect(all.filter(({ stderr }) => stderr.includes("Started the embedded"))).toHaveLength(1);
    const members = await home.json<{ name: string }[]>("list-instances");
    expect(members.map(({ name }) => name).toSorted()).toEqual(names);
    const log = readFileSync(join(home.dataDir, "coordinator.log"), "utf8");
    expect(log.split("\n").filter((line) => line.includes('"serving"'))).toHaveLength(1);
  });

  test("it cannot be reached from another machine", async () => {
    const home = await coordinatorHome();
    await home.json("coordinator", "start");
    expect(await listens("127.0.0.1", home.port)).toBe(true);
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of addresses) {
      expect([address, await listens(address, home.port)]).toEqual([address, false]);
    }
    expect(await listens("127.0.0.2", home.port)).toBe(false);
  });

  test("a port that something else has, and a directory of somebody else, are refused", async () => {
    const home = await coordinatorHome();
    const other = createServer((socket) => void socket.on("error", () => {}));
    onTestFinished(() => void other.close());
    await once(other.listen(home.port, "127.0.0.1"), "listening");
    expect(await home.failure("coordinator", "start")).toMatchObject({
      exit: 4,
      code: "ADDRESS_IN_USE",
    });
    expect(await home.json("coordinator", "status")).toMatchObject({ status: "not_running" });
    const directory = temporaryDirectory();
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(directory, 65534, 65534);
    expect(
      await home.failure("coordinator", "start", "--data-dir", isRoot ? directory : "/"),
    ).toMatchObject({ exit: 6, code: "PERMISSION_DENIED" });
    expect(readdirSync(directory)).toEqual([]);
  });

  test("a second one in the same directory is refused", async () => {
    const home = await coordinatorHome();
    const { pid } = await home.json("coordinator", "start");
    expect(await home.failure("coordinator", "start", "--foreground", "--port", "0"))
      .toMatchObject({ exit: 4, code: "COORDINATOR_RUNNING", pid });
    expect(await home.failure("coordinator", "repair")).toMatchObject({
      code: "COORDINATOR_RUNNING",
    });
  });
});

describe("by itself", () => {
  test("only who joins starts it; everybody else says how", async () => {
    const home = await coordinatorHome({ CLAUDE_ORCHESTRATOR_LIMITS_CONNECT_TIMEOUT: "200ms" });
    const error = await home.failure("push-task", "--title", "x");
    expect(error).toMatchObject({
      exit: 5,
      code: "ZOOKEEPER_UNREACHABLE",
      hint: expect.stringContaining("claude-orchestrator coordinator start"),
    });
    expect(await home.json("coordinator", "status")).toMatchObject({ status: "not_running" });
  });

  test("it does not start where a server is configured", async () => {
    const home = await coordinatorHome({
      ZK_HOSTS: "127.0.0.1:1",
      CLAUDE_ORCHESTRATOR_LIMITS_CONNECT_TIMEOUT: "200ms",
    });
    expect(await home.failure("register", "--name", "Ann")).toMatchObject({
      code: "ZOOKEEPER_UNREACHABLE",
    });
    expect(await home.json("coordinator", "status")).toMatchObject({ status: "not_running" });
  });

  test("a Leader starts it, too", async () => {
    const home = await coordinatorHome();
    const leader = home.start(["leader", "--no-screen"]);
    await leader.printed("member_joined");
    leader.interrupt();
    const { stderr } = await leader.ended;
    expect(stderr).toContain("Started the embedded coordinator");
  });

  test("a team starts it again where it was killed, and not where it was stopped", async () => {
    const home = await coordinatorHome({ CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: "4s" });
    const leader = home.start(["leader", "--no-screen"]);
    await leader.printed("member_joined");
    const status = () => home.json("coordinator", "status");
    const { pid } = await status();
    process.kill(pid, "SIGKILL");
    const serves = async () => {
      const now = await status();
      return now.running === true && now.pid !== pid;
    };
    await expect.poll(serves, { timeout: 20_000, interval: 100 }).toBe(true);
    const worker = home.start([
      ...["register", "--name", "Tom", "--work-dir", ".", "--agent", "rehearsal"],
      ...["--rehearse", "time=1ms"],
    ]);
    const { id } = await home.json<TaskView>("push-task", "--title", "Say hello");
    const task = async () => (await home.json<TaskView>("task-show", "--task-id", id)).status;
    await expect.poll(task, { timeout: 20_000, interval: 100 }).toBe("completed");
    await home.json("coordinator", "stop");
    // Longer than they wait before they look.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await status()).toMatchObject({ status: "not_running" });
    for (const member of [worker, leader, worker, leader]) member.interrupt();
    const [{ stderr }] = await Promise.all([leader.ended, worker.ended]);
    expect(stderr).toMatch(/Started the coordinator again, process \d+/);
  }, 60_000);

  test("it stops when nobody has been connected for long enough", async () => {
    const home = await coordinatorHome({ CLAUDE_ORCHESTRATOR_COORDINATOR_IDLE_TIMEOUT: "400ms" });
    await home.run("register", "--name", "Ann");
    const status = () => home.json("coordinator", "status");
    await expect.poll(async () => (await status()).status, { timeout: 10_000 })
      .toBe("not_running");
  });

  test("it does not stop while somebody is connected, nor once it was asked for by name", async () => {
    const idleMs = 2_500;
    const home = await coordinatorHome({
      CLAUDE_ORCHESTRATOR_COORDINATOR_IDLE_TIMEOUT: `${idleMs}ms`,
    });
    const aWhile = () => new Promise((resolve) => setTimeout(resolve, 1.5 * idleMs));
    const status = () => home.json("coordinator", "status");
    await home.run("register", "--name", "Ann");
    const { pid } = await status();
    const watching = home.start(["watch-context", "--key", "k", "--follow"]);
    await expect.poll(async () => (await status())["connections"], { timeout: 10_000 }).toBe(1);
    await aWhile();
    expect(await status()).toMatchObject({ pid, started: "automatic" });
    expect(await home.json("coordinator", "start")).toMatchObject({ status: "already_running" });
    watching.interrupt();
    await watching.ended;
    await aWhile();
    expect(await status()).toMatchObject({ pid, started: "explicit" });
  });
});

describe("what it keeps", () => {
  test("is there after an orderly end and after a kill, claims and their tokens included", async () => {
    const home = await coordinatorHome();
    await home.run("register", "--name", "Ann");
    await home.json("push-task", "--title", "one");
    const { id } = await home.json<TaskView>("claim-task");
    await home.json("coordinator", "stop");
    await home.json("coordinator", "start");
    await home.json("push-task", "--title", "two");
    await home.killCoordinator();
    await home.json("coordinator", "start");
    await home.json("complete-task", "--task-id", id, "--result", "done");
    expect((await home.json<TaskView[]>("list-tasks")).map(({ status }) => status).toSorted())
      .toEqual(["completed", "pending"]);
    const checks = await home.run("doctor", "--output", "json");
    expect(
      JSON.parse(checks.stdout).checks.find((each: { check: string }) => each.check === "tasks"),
    )
      .toMatchObject({ status: "ok" });
  });

  test("is not guessed where a file is damaged: it is refused, and repaired with copies kept", async () => {
    const home = await coordinatorHome();
    await home.run("register", "--name", "Ann");
    for (const title of ["one", "two", "three"]) await home.json("push-task", "--title", title);
    await home.json("coordinator", "stop");
    const [name = ""] = readdirSync(home.dataDir).filter((each) => each.startsWith("log."));
    const path = join(home.dataDir, name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('"title":"three"');
    bytes[at] = 0;
    writeFileSync(path, bytes);
    const error = await home.failure("coordinator", "start");
    expect(error).toMatchObject({ exit: 1, code: "CORRUPT_DATA", path });
    expect(Number(error["offset"])).toBeLessThanOrEqual(at);
    expect(error["hint"]).toContain("coordinator repair");
    const repaired = await home.json<Record<string, unknown>>("coordinator", "repair");
    expect(repaired).toMatchObject({ status: "repaired", damage: { file: path } });
    expect(readFileSync(join(String(repaired["copies"]), name))).toEqual(bytes);
    await home.json("coordinator", "start");
    expect((await home.json<TaskView[]>("list-tasks")).map(({ title }) => title))
      .toEqual(["one", "two"]);
    await home.json("push-task", "--title", "four");
    expect(await home.json("coordinator", "stop")).toMatchObject({ status: "stopped" });
    expect(await home.json("coordinator", "repair")).toMatchObject({ status: "whole" });
  });

  const missing = whyNoMount();
  if (missing !== null) console.warn(`Skipped: on a full disk: ${missing}`);
  test.runIf(missing === null || process.env["CI"] === "true")(
    "on a full disk can be read, takes no writes, and takes them again when there is room",
    async () => {
      const disk = smallFileSystem(2048);
      const data = join(disk, "data");
      mkdirSync(data, { mode: 0o700 });
      const home = await coordinatorHome({}, data);
      await home.json("coordinator", "start");
      await home.json("set-context", "--key", "before", "--value", "kept");
      writeFileSync(join(disk, "filler"), new Uint8Array(1024 * 1024));
      const text = "x".repeat(200_000);
      const outcomes = [];
      for (let index = 0; index < 12; index++) {
        const set = home.start(["set-context", "--key", `k${index}`, "--file", "-"], {
          stdin: text,
        });
        outcomes.push(await set.ended);
      }
      const failed = outcomes.filter(({ status }) => status !== 0);
      expect(failed.length).toBeGreaterThan(3);
      for (const { stderr } of failed) {
        expect(JSON.parse(stderr).error).toMatchObject({ code: "DISK_FULL", outcome: "refused" });
      }
      expect(await home.json("get-context", "--key", "before")).toMatchObject({ value: "kept" });
      rmSync(join(disk, "filler"));
      await home.json("set-context", "--key", "after", "--value", "written");
      expect(await home.json("coordinator", "status")).toMatchObject({ status: "serving" });
      const keys = await home.json<{ keys: string[] }>("list-context-keys");
      expect(keys.keys).toHaveLength(2 + outcomes.length - failed.length);
      await home.killCoordinator();
      await home.json("coordinator", "start");
      expect(await home.json("list-context-keys")).toEqual(keys);
    },
  );
});

test.each([
  [["coordinator"], "USAGE"],
  [["coordinator", "begin"], "USAGE"],
  [["coordinator", "status", "--port", "1"], "USAGE"],
  [["coordinator", "export", "--overwrite"], "USAGE"],
  [["coordinator", "start", "-"], "USAGE"],
  [["coordinator", "import"], "USAGE"],
  [["coordinator", "start", "--port", "65536"], "USAGE"],
])("%j is a mistake, and is said so", async (argv, code) => {
  const home = await coordinatorHome();
  expect(await home.failure(...argv)).toMatchObject({ exit: 2, code });
});
