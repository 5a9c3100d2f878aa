import { expect, test } from "vitest";
import type { Spent } from "../../src/domain/spent.ts";
import { useClient, useTaskTeam } from "../support/live.ts";
import { claimer, holderOf, PERSON } from "../support/task_team.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = claimer("tom");
const spent: Spent = { cost_usd: 0.5, input_tokens: 1000, output_tokens: 100, runs: 1 };

describeWithZooKeeper("what runs have cost", (server) => {
  const zk = useClient(server);
  const team = useTaskTeam(server, zk, tom);

  test("is added up by each step that ends a claim, and told by the journal", async () => {
    const { id } = await team.queue.push({ title: "A task" }, PERSON);
    const held = async () => {
      const task = await team.queue.claim(tom);
      if (task === null) throw new Error("Nothing to claim");
      return holderOf(tom, task);
    };
    await team.queue.release(id, await held(), "limit", { spent });
    await team.queue.fail(id, await held(), "red", {}, spent);
    await team.queue.block(id, await held(), "which port?", spent);
    await team.queue.unblock(id, PERSON);
    const done = { result: "done", spent };
    expect(await team.queue.complete(id, await held(), done)).toMatchObject({
      spent: { cost_usd: 2, input_tokens: 4000, output_tokens: 400, runs: 4 },
    });
    const events = await team.journal.read({ taskId: id });
    expect(events.filter(({ data }) => data !== undefined).map(({ type, data }) => [type, data]))
      .toEqual([
        ["task_released", { spent }],
        ["task_failed", { spent }],
        ["task_blocked", { spent }],
        ["task_completed", { spent }],
      ]);
  });

  test("is nothing of a step that does not say", async () => {
    const { id } = await team.queue.push({ title: "A task" }, PERSON);
    const task = await team.queue.claim(tom, { taskId: id });
    if (task === null) throw new Error("Nothing to claim");
    await team.queue.complete(id, holderOf(tom, task), { result: "" });
    expect(await team.queue.get(id)).toMatchObject({ spent: { cost_usd: 0, runs: 0 } });
    expect((await team.journal.read({ taskId: id })).at(-1)).not.toHaveProperty("data");
  });
});
