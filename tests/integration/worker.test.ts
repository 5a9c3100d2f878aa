import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { encodePayload } from "../../src/coordination/payload.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { NewTask } from "../../src/domain/task.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { fileAppears } from "../support/awaited_file.ts";
import { claimer, connectTo, PERSON } from "../support/task_team.ts";
import {
  firstMessage,
  type RunningWorker,
  startTestWorker,
  TEAM_ENV,
  teamOn,
  untilTask,
  workerDirectory,
} from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const LEADER = claimer("leader", "leader");

/** An agent that runs until it is killed, once it has written its process id beside its directory. */
const ENDLESS = `sh -c 'echo $$ > ../pid.part; mv ../pid.part ../pid; exec tail -f /dev/null'`;

async function agentPid({ directory }: RunningWorker): Promise<number> {
  const path = join(directory, "pid");
  await fileAppears(path);
  return Number(readFileSync(path, "utf8"));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function untilExpired(zk: ZooKeeper): Promise<void> {
  return new Promise((resolve) => {
    zk.onStateChange(({ state }) => state === "expired" && resolve());
  });
}

describeWithZooKeeper("a Worker", (server) => {
  let zk: ZooKeeper;
  let team: Team;
  beforeAll(async () => {
    zk = await connectTo(server.hosts);
  });
  afterAll(() => zk.close());
  beforeEach(async () => {
    team = teamOn(zk, await server.freshRoot());
  });

  const push = (task: Partial<NewTask> = {}) =>
    team.tasks.push({ title: "Do it", ...task }, PERSON);
  const withLeader = async () => {
    await team.members.attach(LEADER, { isAlive: () => true });
    const record = {
      v: 1,
      instance_id: LEADER.id,
      name: "Leader",
      host: "",
      pid: 1,
      version: "",
      epoch: 1,
      started_at: new Date(0).toISOString(),
      cache_dir: "",
    };
    await zk.create(team.tree.path("leader"), encodePayload(record), { mode: "ephemeral" });
  };

  test("carries a task from claim to report", async () => {
    await withLeader();
    const worker = startTestWorker(team, {
      command: `sh -c 'cat; echo; env | grep -E "^(CLAUDE_ORCH|OTEL)" | sort; ` +
        `echo "Status: done"; echo "Summary: all is well"'`,
      env: { CLAUDE_ORCHESTRATOR_TEST: "given", ZK_ROOT_PATH: "/a team" },
    });
    const { id } = await push({
      title: "Sweep",
      description: "with a {{broom}}",
      verify: "test -d .",
    });
    const task = await untilTask(team.tasks, id, "completed");
    expect(task.result).toContain("with a {{broom}}");
    expect(task.result).toContain("CLAUDE_ORCHESTRATOR_INSTANCE_ID=tom");
    expect(task.result).toContain(`CLAUDE_ORCHESTRATOR_TASK_ID=${id}`);
    expect(task.result).toContain("CLAUDE_ORCHESTRATOR_TEST=given");
    expect(task.result).toMatch(/CLAUDE_ORCHESTRATOR_CLAIM_TOKEN=\d+/);
    const attributes = [
      "root=/a%20team",
      "member_id=tom",
      "member_name=tom",
      "member_role=general",
    ];
    expect(task.result).toContain(
      `OTEL_RESOURCE_ATTRIBUTES=${
        [...attributes, `task_id=${id}`, "attempt=1"].map((each) => `claude_orchestrator.${each}`)
          .join(",")
      }\n`,
    );
    expect(task.evidence).toMatchObject({ verify: "passed: test -d ." });
    expect(readFileSync(task.evidence["result_path"] ?? "", "utf8")).toBe(task.result);
    expect(readFileSync(task.evidence["log"] ?? "", "utf8")).toContain("Summary: all is well");
    expect(task.history.map(({ action }) => action)).toEqual([
      "push",
      "claim",
      "start",
      "complete",
    ]);
    const report = await firstMessage(team.inbox, LEADER.id);
    expect(report).toMatchObject({
      type: "report",
      task_id: id,
      content: `${id} completed: all is well`,
      data: { status: "completed", outcome: "ok", verify: { passed: true } },
    });
    worker.leave();
    expect(await worker.ended).toMatchObject({ completed: 1, failed: 0 });
    expect(worker.lines.every((line) => line.startsWith("[tom] "))).toBe(true);
  });

  test("fails the attempt when the check fails, tells the next one why, and gives up in the end", async () => {
    const worker = startTestWorker(team, { command: "sh -c 'cat; echo Status: done'" });
    const { id } = await push({
      verify: "sh -c 'echo the tests are red; exit 3'",
      max_retries: 1,
    });
    const task = await untilTask(
      team.tasks,
      id,
      (each) => each.status === "failed" && each.retry_count === 1,
    );
    expect(task.fail_reason).toContain("the tests are red");
    const logs = task.history.filter(({ action }) => action === "fail");
    expect(logs).toHaveLength(2);
    const shown = worker.lines.join("\n");
    expect(shown).toMatch(/fail by tom: The check failed: sh -c .*\n.*the tests are red/);
  });

  test("a second attempt may succeed", async () => {
    startTestWorker(team, {
      command:
        "sh -c 'test -e ../second && echo yes && exit; touch ../second; echo no >&2; exit 1'",
    });
    const { id } = await push();
    const task = await untilTask(team.tasks, id, "completed");
    expect(task.retry_count).toBe(1);
    expect(task.result).toBe("yes\n");
  });

  test("blocks a task whose agent says that it is blocked", async () => {
    startTestWorker(team, { command: "printf 'Status: blocked\\nSummary: which port?'" });
    const { id } = await push();
    const task = await untilTask(team.tasks, id, "blocked");
    expect(task.blocked_reason).toBe("which port?");
  });

  test("gives the reports of earlier tasks to those that build on them", async () => {
    startTestWorker(team, {
      command: "sh -c 'grep -o \"/.*/tasks/task-[0-9]*.md\" | xargs -r cat; echo seen'",
    });
    const [, second] = await team.tasks.pushMany([
      { title: "First", key: "first", description: "no path here" },
      { title: "Second", depends_on: ["first"] },
    ], PERSON);
    if (second === undefined) throw new Error("Not pushed");
    const task = await untilTask(team.tasks, second.id, "completed");
    expect(task.result).toContain("# task: First (task-");
  });

  test("answers a message to its sender, and runs no report", async () => {
    await withLeader();
    const worker = startTestWorker(team, { command: "sh -c 'echo the answer; echo Status: done'" });
    await worker.shown("at work");
    const sent = await team.inbox.send({
      type: "direct",
      to: [worker.id],
      from: { id: LEADER.id, name: "Leader" },
      content: "What is it?",
    });
    const reply = await firstMessage(team.inbox, LEADER.id);
    expect(reply).toMatchObject({ type: "report", reply_to: sent.id });
    expect(reply.content).toContain("the answer");
    await team.inbox.send({
      type: "report",
      to: [worker.id],
      from: { id: LEADER.id, name: "Leader" },
      content: "Thank you",
    });
    await worker.shown("Thank you");
    worker.leave();
    expect(await worker.ended).toMatchObject({ messages: 1 });
    expect((await team.inbox.poll(worker.id)).messages).toEqual([]);
  });

  test("tries a message three times, then gives it up", async () => {
    const worker = startTestWorker(team, { command: "sh -c 'echo x >> ../tries; exit 1'" });
    await worker.shown("at work");
    const { id } = await team.inbox.send({
      type: "direct",
      to: [worker.id],
      from: { id: "", name: "Somebody" },
      content: "Try this",
    });
    await worker.shown(`${id} was given up: attempts`);
    expect(readFileSync(join(worker.directory, "tries"), "utf8")).toBe("x\nx\nx\n");
    expect((await team.inbox.deadLetters(worker.id)).letters).toMatchObject([
      { id, dead_reason: "attempts", attempts: 3 },
    ]);
  });

  test("told to leave, it finishes its run, gives back the rest, and leaves", async () => {
    const worker = startTestWorker(team, {
      command: "sh -c 'touch ../began; until [ -e ../go ]; do sleep 0.02; done; echo finished'",
    });
    const first = await push({ title: "First" });
    await fileAppears(join(worker.directory, "began"));
    // As its agent might, by a command of its own.
    const extra = await push({ title: "Claimed by the agent" });
    await team.tasks.claim({ id: worker.id, name: "tom", role: "general" }, {
      taskId: extra.id,
    });
    const never = await push({ title: "Never claimed" });
    worker.leave();
    await worker.shown("Leaving after 1 run(s)");
    writeFileSync(join(worker.directory, "go"), "");
    expect(await worker.ended).toMatchObject({ completed: 1 });
    expect(await team.tasks.get(first.id)).toMatchObject({ status: "completed" });
    expect(await team.tasks.get(extra.id)).toMatchObject({ status: "pending", retry_count: 0 });
    expect(await team.tasks.get(never.id)).toMatchObject({ status: "pending", retry_count: 0 });
    const instances = await zk.getChildren(team.tree.path("instances"));
    expect(instances.children).toEqual([]);
  });

  test("told to stop, it ends its run and gives the task back without an attempt", async () => {
    const worker = startTestWorker(team, { command: ENDLESS });
    const { id } = await push();
    const pid = await agentPid(worker);
    worker.stop();
    expect(await worker.ended).toMatchObject({ released: 1 });
    expect(await team.tasks.get(id)).toMatchObject({ status: "pending", retry_count: 0 });
    expect(isRunning(pid)).toBe(false);
  });

  test("takes back what a former process of its id had claimed, as a retry", async () => {
    const { id } = await push();
    const former = claimer("tom");
    await team.members.attach(former, { isAlive: () => false });
    await team.tasks.claim(former);
    startTestWorker(team, { command: "echo again" });
    const task = await untilTask(team.tasks, id, "completed");
    expect(task.retry_count).toBe(1);
  });

  test("ends the agent that a former process of its id had left", async () => {
    const directory = workerDirectory();
    const { spawn } = await import("node:child_process");
    const orphan = spawn("sleep", ["60"], {
      detached: true,
      env: {
        ...process.env,
        ...TEAM_ENV,
        CLAUDE_ORCHESTRATOR_INSTANCE_ID: "tom",
        CLAUDE_ORCHESTRATOR_RUN_ID: "of-a-former-worker",
      },
    });
    const ended = new Promise((resolve) => orphan.once("exit", (_, signal) => resolve(signal)));
    const worker = startTestWorker(team, { command: "true" }, directory);
    expect(await ended).toBe("SIGKILL");
    await worker.shown("Ended 1 run(s)");
  });

  test("without its agent it gives tasks back, says what to do, and tries again later", async () => {
    await withLeader();
    const directory = workerDirectory();
    const agent = join(directory, "agent");
    const worker = startTestWorker(team, { command: agent }, directory);
    const { id } = await push();
    await worker.shown("Install the agent");
    const released = await untilTask(team.tasks, id, "pending");
    expect(released.retry_count).toBe(0);
    const report = await firstMessage(team.inbox, LEADER.id);
    expect(report.data).toMatchObject({ status: "worker_paused" });
    writeFileSync(agent, "#!/bin/sh\necho here now\n", { mode: 0o755 });
    expect((await untilTask(team.tasks, id, "completed")).result).toBe("here now\n");
  });

  test("a cache directory that cannot be written costs the log, not the result", async () => {
    const directory = workerDirectory();
    writeFileSync(join(directory, "file"), "");
    const cacheDir = join(directory, "file", "cache");
    const worker = startTestWorker(
      team,
      { command: "echo all the same", settings: { cacheDir } },
      directory,
    );
    const { id } = await push();
    expect((await untilTask(team.tasks, id, "completed")).result).toBe("all the same\n");
    expect(worker.lines.join("\n")).toContain("Cannot write the log");
  });

  test("runs as many at once as its capacity says", async () => {
    startTestWorker(team, {
      command:
        `sh -c 'echo x >> ../at_once; until [ "$(wc -l < ../at_once)" -ge 3 ]; do sleep 0.02; ` +
        `done; echo done'`,
      capacity: 3,
    });
    const tasks = await Promise.all([push(), push(), push()]);
    await Promise.all(tasks.map(({ id }) => untilTask(team.tasks, id, "completed")));
  });

  test("takes only what is for its role, unless it is general", async () => {
    startTestWorker(team, { command: "echo done", role: "builder" });
    const other = await push({ role: "verifier" });
    const own = await push({ role: "builder" });
    await untilTask(team.tasks, own.id, "completed");
    expect(await team.tasks.get(other.id)).toMatchObject({ status: "pending" });
    startTestWorker(team, { command: "echo done", name: "ann" });
    await untilTask(team.tasks, other.id, "completed");
  });

  test("refuses to be a second Worker of an id that is there", async () => {
    const worker = startTestWorker(team, { command: "true" });
    await worker.shown("at work");
    const other = await connectTo(server.hosts, { sessionTimeoutMs: 4000 });
    const second = startTestWorker(teamOn(other, team.tree.root), { command: "true" });
    await expect(second.ended).rejects.toMatchObject({ code: "MEMBER_EXISTS" });
    await other.close();
  });
});

describeWithZooKeeper("a Worker whose ZooKeeper fails", (server) => {
  test("hands in its result after a restart of the server", async () => {
    const zk = await connectTo(server.hosts, { sessionTimeoutMs: 4000 });
    try {
      const team = teamOn(zk, await server.freshRoot());
      const worker = startTestWorker(team, {
        command: "sh -c 'touch ../began; until [ -e ../go ]; do sleep 0.02; done; echo kept'",
      });
      const { id } = await team.tasks.push({ title: "Long" }, PERSON);
      await fileAppears(join(worker.directory, "began"));
      const expired = untilExpired(zk);
      await server.kill();
      writeFileSync(join(worker.directory, "go"), "");
      await expired;
      await server.restart();
      const task = await untilTask(team.tasks, id, "completed");
      expect(task).toMatchObject({ result: "kept\n", retry_count: 0 });
      const told = worker.lines.filter((line) => /ZooKeeper|session/.test(line));
      expect(told).toEqual([
        expect.stringContaining("ZooKeeper is away"),
        expect.stringContaining("The session has expired"),
        expect.stringContaining("ZooKeeper is back"),
      ]);
      worker.leave();
      await worker.ended;
    } finally {
      await zk.close();
    }
  });

  test("hands in its result to a server that fell silent for longer than a step is tried", async () => {
    const zk = await connectTo(server.hosts, { sessionTimeoutMs: 30_000, operationTimeoutMs: 100 });
    try {
      const team = teamOn(zk, await server.freshRoot());
      const worker = startTestWorker(team, {
        command: "sh -c 'touch ../began; until [ -e ../go ]; do sleep 0.02; done; echo kept'",
      });
      const { id } = await team.tasks.push({ title: "Long" }, PERSON);
      await fileAppears(join(worker.directory, "began"));
      await server.pause();
      writeFileSync(join(worker.directory, "go"), "");
      await worker.shown("kept");
      await new Promise((resolve) => setTimeout(resolve, 4000));
      await server.resume();
      const task = await untilTask(team.tasks, id, "completed");
      expect(task).toMatchObject({ result: "kept\n", retry_count: 0 });
      worker.leave();
      expect(await worker.ended).toMatchObject({ completed: 1 });
    } finally {
      await zk.close();
    }
  });

  test("stops a run whose claim it lost while it was away, and leaves the task alone", async () => {
    const zk = await connectTo(server.hosts, { sessionTimeoutMs: 4000 });
    try {
      const team = teamOn(zk, await server.freshRoot());
      const limits = { stallMs: 600_000, totalMs: 600_000, graceMs: 500 };
      const worker = startTestWorker(team, { command: ENDLESS, settings: { limits } });
      const { id } = await team.tasks.push({ title: "Contested" }, PERSON);
      const pid = await agentPid(worker);
      await team.tasks.release(id, { by: PERSON, force: true });
      await team.tasks.cancel(id, PERSON, "not wanted any more");
      const expired = untilExpired(zk);
      await server.pause();
      await expired;
      await server.resume();
      await worker.shown(`${id}: the claim was lost`);
      expect(isRunning(pid)).toBe(false);
      expect(await team.tasks.get(id)).toMatchObject({ status: "cancelled" });
      worker.leave();
      await worker.ended;
    } finally {
      await zk.close();
    }
  });
}, { mistreats: true });
