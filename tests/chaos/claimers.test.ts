import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { startProxy } from "../support/chaos_proxy.ts";
import {
  buildClaimer,
  type ClaimerProcess,
  end,
  startClaimer,
} from "../support/claimer_processes.ts";
import { connectTo, PERSON, type TaskTeam, taskTeam } from "../support/task_team.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const CLAIMERS = 50;
const TASKS = 1_000;
/** Tasks that are done when the first claimer is killed, and between one and the next. */
const BETWEEN_KILLS = 20;

describeWithZooKeeper("claimers in processes of their own", (server) => {
  let directory = "";
  let program = "";
  let zk: ZooKeeper;
  beforeAll(async () => {
    directory = await mkdtemp(joinPath(tmpdir(), "claimers-"));
    program = joinPath(directory, "claimer.mjs");
    await buildClaimer(program);
    zk = await connectTo(server.hosts);
  });
  afterAll(async () => {
    await zk.close();
    await rm(directory, { recursive: true });
  });

  test("complete a thousand tasks, each once, though half of them are killed", async () => {
    const root = await server.freshRoot();
    const team = taskTeam(zk, root);
    await pushTasks(team, TASKS);
    const completions = countCompletions(team);
    const claimers = Array.from(
      { length: CLAIMERS },
      (_, index) => startClaimer(program, server.hosts, root, `w${index}`),
    );
    try {
      const doomed = claimers.slice(0, CLAIMERS / 2);
      let nextKill = BETWEEN_KILLS;
      const began = performance.now();
      const order = await completions(TASKS, async (done) => {
        if (done < nextKill) return;
        nextKill += BETWEEN_KILLS;
        const victim = doomed.pop();
        // Anywhere between a claim and the claim after the next.
        await pause(Math.random() * 10);
        if (victim !== undefined) await end(victim, "SIGKILL");
      });
      const seconds = (performance.now() - began) / 1000;
      await Promise.all(claimers.map((claimer) => end(claimer, "SIGTERM")));
      const { claims, tries } = total(claimers);
      const events = await team.journal.read();
      const recovered = events.filter(({ type }) => type === "task_recovered").length;
      console.log(
        `${TASKS} tasks by ${CLAIMERS} processes, ${CLAIMERS / 2} of them killed: ` +
          `${(tries / claims).toFixed(2)} tries a claim, ${seconds.toFixed(1)} s, ` +
          `${recovered} tasks recovered`,
      );
      expect(doomed).toHaveLength(0);
      expect(new Set(order).size).toBe(TASKS);
      expect(order).toHaveLength(TASKS);
      expect(tries / claims).toBeLessThanOrEqual(2);
      expect(claimers.map(({ errors }) => errors).join("")).toBe("");
      expect(await team.queue.counts()).toMatchObject({ completed: TASKS, pending: 0 });
      expect(await team.queue.audit()).toMatchObject({ tasks: TASKS, findings: [], corrupt: [] });
    } finally {
      await Promise.all(claimers.map((claimer) => end(claimer, "SIGKILL")));
    }
  }, 180_000);
});

describeWithZooKeeper("claimers whose ZooKeeper fails", (server) => {
  let directory = "";
  let program = "";
  beforeAll(async () => {
    directory = await mkdtemp(joinPath(tmpdir(), "claimers-"));
    program = joinPath(directory, "claimer.mjs");
    await buildClaimer(program);
  });
  afterAll(() => rm(directory, { recursive: true }));

  test(
    "complete every task once, through its kills and through silence on the network",
    async () => {
      const root = await server.freshRoot();
      const proxy = await startProxy(server);
      const zk = await connectTo(server.hosts, { connectTimeoutMs: 30_000 });
      const team = taskTeam(zk, root);
      await pushTasks(team, 400);
      const completions = countCompletions(team);
      const claimers = Array.from(
        { length: 8 },
        (_, index) => startClaimer(program, proxy.hosts, root, `w${index}`),
      );
      try {
        const faults = [
          () => server.kill().then(() => server.restart()),
          async () => {
            proxy.blackhole(true);
            // Longer than their sessions last: their claims are taken from them.
            await pause(3_000);
            proxy.blackhole(false);
          },
          () => proxy.cut(),
          () => server.kill().then(() => server.restart()),
        ];
        let nextFault = 60;
        const order = await completions(400, async (done) => {
          if (done < nextFault) return;
          nextFault += 60;
          await faults.shift()?.();
        });
        expect(claimers.map(({ errors }) => errors).join("")).toBe("");
        expect(faults).toHaveLength(0);
        expect(new Set(order).size).toBe(400);
        expect(order).toHaveLength(400);
        expect(await team.queue.audit()).toMatchObject({ findings: [], corrupt: [] });
      } finally {
        await Promise.all(claimers.map((claimer) => end(claimer, "SIGKILL")));
        await proxy.close();
        await zk.close();
      }
    },
    180_000,
  );
}, { mistreats: true });

async function pushTasks({ queue }: TaskTeam, count: number): Promise<void> {
  const specs = Array.from({ length: count }, (_, index) => ({
    title: `Task ${index}`,
    max_retries: 20,
  }));
  await queue.pushMany(specs, PERSON);
}

/** Reads completions from the journal until there are so many; tells how many after each. */
function countCompletions({ journal }: TaskTeam) {
  return async (count: number, onEach: (done: number) => Promise<void>): Promise<string[]> => {
    const order: string[] = [];
    const stop = new AbortController();
    for await (const event of journal.follow(stop.signal, "")) {
      if (event.type !== "task_completed" || event.task_id === null) continue;
      order.push(event.task_id);
      if (order.length === count) stop.abort();
      else await onEach(order.length);
    }
    return order;
  };
}

function total(claimers: readonly ClaimerProcess[]): { claims: number; tries: number } {
  return claimers.reduce((sum, { statistics }) => ({
    claims: sum.claims + statistics.claims,
    tries: sum.tries + statistics.tries,
  }), { claims: 0, tries: 0 });
}
