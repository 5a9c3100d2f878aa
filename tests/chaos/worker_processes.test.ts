import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { type ChaosProxy, startProxy } from "../support/chaos_proxy.ts";
import { connectTo, type TaskTeam, taskTeam } from "../support/task_team.ts";
import {
  command,
  type Place,
  startWorkerProcess,
  type WorkerProcess,
} from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const TASKS = 60;
const SESSION_MS = 2_000;
/** Longer than the sessions last: their claims are taken from them. */
const SILENCE_MS = 2 * SESSION_MS;
/** Notes the task that it runs, and takes a moment for it. */
const AGENT = `grep -o -m1 "task-[0-9]\\{10\\}" >> "$RUNS"; sleep 0.1; echo done`;

describeWithZooKeeper("Worker processes whose ZooKeeper fails", (server) => {
  let directory: string;
  let root: string;
  let proxy: ChaosProxy;
  let zk: ZooKeeper;
  let team: TaskTeam;
  let workers: WorkerProcess[];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "chaos-workers-"));
    root = await server.freshRoot();
    proxy = await startProxy(server);
    zk = await connectTo(server.hosts, { connectTimeoutMs: 30_000 });
    team = taskTeam(zk, `${root}/claude-orchestrator`);
    workers = [];
  });
  afterEach(async () => {
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map(({ ended }) => ended));
    proxy.close();
    await zk.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const runs = () => join(directory, "runs");
  const place = (name: string, hosts: string): Place => {
    const cwd = join(directory, name);
    mkdirSync(cwd, { recursive: true });
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: cwd,
      RUNS: runs(),
      ZK_HOSTS: hosts + root,
      CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: `${SESSION_MS}ms`,
      CLAUDE_ORCHESTRATOR_LIMITS_CONNECT_TIMEOUT: "30s",
    };
    return { cwd, env };
  };

  test("complete every task once, and are back by themselves", async () => {
    writeFileSync(runs(), "");
    const agent = join(directory, "agent.sh");
    appendFileSync(agent, `#!/bin/sh\n${AGENT}\n`, { mode: 0o755 });
    workers = ["ann", "bob", "cid"].map((name) =>
      startWorkerProcess(place(name, proxy.hosts), name, "--command", agent)
    );
    await Promise.all(workers.map((worker) => worker.printed("at work in")));
    const lines = Array.from(
      { length: TASKS },
      (_, index) => JSON.stringify({ title: `Task ${index}`, max_retries: 20 }),
    );
    const pusher = place("pusher", server.hosts);
    writeFileSync(join(pusher.cwd, "tasks.jsonl"), lines.join("\n"));
    const pushed = command(pusher, "push-task", "--file", "tasks.jsonl") as { id: string }[];

    const [victim, ...survivors] = workers;
    const faults: (() => Promise<unknown>)[] = [
      () => server.kill().then(() => server.restart()),
      async () => {
        proxy.blackhole(true);
        await pause(SILENCE_MS);
        proxy.blackhole(false);
      },
      () => {
        victim?.kill();
        return victim?.ended ?? Promise.resolve();
      },
      () => server.kill().then(() => server.restart()),
    ];
    const began = performance.now();
    const order: string[] = [];
    const seen = new AbortController();
    for await (const event of team.journal.follow(seen.signal, "")) {
      if (event.type !== "task_completed" || event.task_id === null) continue;
      order.push(event.task_id);
      if (order.length === TASKS) seen.abort();
      if (order.length % 10 === 0) await faults.shift()?.();
    }
    const seconds = (performance.now() - began) / 1000;

    const tasks = await Promise.all(
      pushed.map(({ id }) => team.queue.get(id as Parameters<typeof team.queue.get>[0])),
    );
    const ran = readFileSync(runs(), "utf8").trim().split("\n");
    const again = tasks.reduce((sum, { retry_count }) => sum + retry_count, 0);
    const { late, completions } = summary(tasks);
    console.log(
      `${TASKS} tasks by 3 Workers, one killed, ZooKeeper killed twice and silent for ` +
        `${SILENCE_MS} ms: ${seconds.toFixed(1)} s, ${ran.length} runs, ${again} recovered, ` +
        `${late} late reports`,
    );
    expect(faults).toHaveLength(0);
    expect([...order].sort()).toEqual(pushed.map(({ id }) => id));
    expect(completions).toEqual(tasks.map(() => 1));
    // Each run belongs to an attempt; an attempt that was lost before its agent began has none.
    expect(new Set(ran).size).toBe(TASKS);
    expect(ran.length).toBeGreaterThanOrEqual(TASKS);
    expect(ran.length).toBeLessThanOrEqual(TASKS + again);
    const present = () =>
      (command(pusher, "list-instances") as { name: string }[]).map(({ name }) => name).sort();
    await expect.poll(present, { timeout: 60_000 }).toEqual(survivors.map(({ name }) => name));
    expect(await team.queue.audit()).toMatchObject({ tasks: TASKS, findings: [], corrupt: [] });

    for (const worker of survivors) worker.interrupt();
    for (const worker of survivors) {
      const { signal } = await worker.ended;
      expect({ signal, output: worker.output() }).toMatchObject({ signal: null });
    }
  }, 180_000);
}, { mistreats: true });

interface Told {
  readonly history: readonly { readonly to: string }[];
  readonly late_reports: readonly unknown[];
}

/** Completions in each task's history, and reports that came too late. */
function summary(tasks: readonly Told[]): { completions: number[]; late: number } {
  return {
    completions: tasks.map(({ history }) => history.filter(({ to }) => to === "completed").length),
    late: tasks.reduce((sum, { late_reports }) => sum + late_reports.length, 0),
  };
}
