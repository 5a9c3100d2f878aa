import { afterAll, beforeAll, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import {
  claimer,
  connectTo,
  holderOf,
  join,
  PERSON,
  type TaskTeam,
  taskTeam,
} from "../support/task_team.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const CLAIMERS = 50;
const TASKS = 1_000;

describeWithZooKeeper("fifty claimers at once", (server) => {
  let clients: ZooKeeper[] = [];
  beforeAll(async () => {
    clients = await Promise.all(Array.from({ length: CLAIMERS }, () => connectTo(server.hosts)));
  });
  afterAll(() => Promise.all(clients.map((client) => client.close())));

  test("finish a thousand tasks, each once, with at most two transactions a claim", async () => {
    const root = await server.freshRoot();
    const teams = clients.map((client) => taskTeam(client, root));
    const [first] = teams;
    if (first === undefined) throw new Error("There are no clients");
    await first.queue.pushMany(
      Array.from({ length: TASKS }, (_, index) => ({ title: `Task ${index}` })),
      PERSON,
    );
    await Promise.all(teams.map((team, index) => join(team, claimer(`w${index}`))));
    const began = performance.now();
    const claims = (await Promise.all(teams.map((team, index) => work(team, `w${index}`)))).flat();
    const seconds = (performance.now() - began) / 1000;
    const tries = teams.reduce((sum, { queue }) => sum + queue.statistics.tries, 0);
    const passed = passedOver(claims.toSorted((a, b) => a.at - b.at).map(({ serial }) => serial));
    console.log(
      `${TASKS} tasks by ${CLAIMERS} claimers: ${(tries / TASKS).toFixed(2)} tries a claim, ` +
        `${Math.round(TASKS / seconds)} tasks a second, a task was passed over by ` +
        `${passed.mean.toFixed(0)} others on average, ${passed.most} at most`,
    );
    expect(new Set(claims.map(({ serial }) => serial)).size).toBe(TASKS);
    expect(claims.length).toBe(TASKS);
    expect(tries / TASKS).toBeLessThanOrEqual(2);
    expect(passed.mean).toBeLessThanOrEqual(CLAIMERS);
    expect(passed.most).toBeLessThanOrEqual(CLAIMERS * 8);
    expect((await first.queue.counts()).completed).toBe(TASKS);
    expect(await first.queue.audit()).toMatchObject({ tasks: TASKS, findings: [], corrupt: [] });
  }, 180_000);
});

async function work({ queue }: TaskTeam, name: string): Promise<{ serial: number; at: number }[]> {
  const who = claimer(name);
  const claims: { serial: number; at: number }[] = [];
  for (let task = await queue.claim(who); task !== null; task = await queue.claim(who)) {
    claims.push({ serial: Number(task.id.slice(-10)), at: performance.now() });
    await queue.complete(task.id, holderOf(who, task), { result: "done" });
  }
  return claims;
}

/** How many later tasks were claimed before each task. */
function passedOver(order: readonly number[]): { mean: number; most: number } {
  const counts = order.map((serial, at) =>
    order.slice(0, at).filter((other) => other > serial).length
  );
  return {
    mean: counts.reduce((sum, count) => sum + count) / counts.length,
    most: Math.max(...counts),
  };
}
