import { expect, test } from "vitest";
import { CountedRounds } from "../support/counted_rounds.ts";
import { claimer, holderOf, join, PERSON, taskTeam } from "../support/task_team.ts";
import { useClient } from "../support/live.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = claimer("tom");

describeWithZooKeeper("the cost of a task, to a process that does one thing and ends", (server) => {
  const zk = useClient(server);

  test("is one round of reads and a transaction; for a claim four and a transaction", async () => {
    const root = await server.freshRoot();
    const warm = taskTeam(zk, root);
    await join(warm, tom);
    await warm.queue.pushMany([{ title: "a" }, { title: "b" }, { title: "c" }], PERSON);
    await warm.queue.claim(tom);

    const rounds = async (act: (queue: typeof warm.queue) => Promise<unknown>) => {
      const counted = new CountedRounds(zk);
      await act(taskTeam(counted.zk, root).queue);
      return counted.rounds;
    };
    expect(await rounds((queue) => queue.push({ title: "d" }, PERSON))).toBe(2);
    expect(await rounds((queue) => queue.claim(tom))).toBeLessThanOrEqual(5);
    const [held] = await warm.queue.heldBy(tom.id);
    if (held === undefined) throw new Error("Nothing is held");
    const holder = holderOf(tom, held);
    // The directory of started tasks is made by the first of them.
    await warm.queue.start(held.id, holder);
    const [, other] = await warm.queue.heldBy(tom.id);
    if (other === undefined) throw new Error("Only one is held");
    expect(await rounds((queue) => queue.start(other.id, holderOf(tom, other)))).toBe(2);
    expect(await rounds((queue) => queue.get(held.id))).toBe(1);
    expect(await rounds((queue) => queue.complete(held.id, holder, { result: "" })))
      .toBeLessThanOrEqual(4);
    expect(await rounds((queue) => queue.complete(other.id, holderOf(tom, other), { result: "" })))
      .toBe(2);
  }, 180_000);

  test("of a claim is about the same with a hundred and with ten thousand pending", async () => {
    const teamWith = async (pending: number) => {
      const team = taskTeam(zk, await server.freshRoot());
      await join(team, tom);
      const specs = Array.from({ length: pending }, () => ({ title: "t" }));
      await team.queue.pushMany(specs, PERSON);
      return { team, times: [] as number[] };
    };
    const both = [await teamWith(100), await teamWith(10_000)];
    // In turns: what else the machine does slows both down alike. The first ones warm up.
    for (let count = 0; count < 80; count++) {
      for (const { team, times } of both) {
        const began = performance.now();
        await team.queue.claim(tom);
        if (count >= 20) times.push(performance.now() - began);
      }
    }
    const [few = NaN, many = NaN] = both.map(({ times }) => times.toSorted((a, b) => a - b)[30]);
    console.log(
      `Median claim: ${few.toFixed(2)} ms of 100, ${many.toFixed(2)} ms of 10,000: ` +
        `ratio ${(many / few).toFixed(2)}`,
    );
    // The machine may be busy with other suites; scripts/bench/claim_cost.ts holds it to 1.5.
    expect(many / few).toBeLessThan(3);
  }, 180_000);
});
