import { beforeEach, expect, test } from "vitest";
import { encodePayload } from "../../src/coordination/payload.ts";
import { openTeam, type Team } from "../../src/coordination/team.ts";
import { NOTHING_SPENT } from "../../src/domain/spent.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { COST } from "../support/chain_team.ts";
import { useClient } from "../support/live.ts";
import { claimer, holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("the sum of what agents cost", (server) => {
  const zk = useClient(server);
  const who = claimer("worker");
  let team: ReturnType<typeof teamOn>;
  let root: string;

  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
    await team.members.register({ ...profile("worker"), role: "general" });
  });

  const run = async (times: number, by: Team = team) => {
    for (let count = 0; count < times; count++) {
      await by.tasks.push({ title: "A task" }, PERSON);
      const task = await by.tasks.claim(who);
      if (task === null) throw new Error("Nothing to claim");
      await by.tasks.complete(task.id, holderOf(who, task), { result: "done", spent: COST });
    }
  };
  /** As somebody who has never looked. */
  const fresh = () => teamOn(zk, root).spent.read();

  test("is nothing where nothing was run", async () => {
    expect(await fresh()).toEqual(NOTHING_SPENT);
    expect((await team.spent.checkpoint()).spent).toEqual(NOTHING_SPENT);
  });

  test("is that of all events, with a checkpoint or without", async () => {
    await run(3);
    expect(await fresh()).toMatchObject({ cost_usd: 1.5, runs: 3 });
    const { through } = await team.spent.checkpoint();
    expect(through).toBe(await team.journal.head());
    expect(await fresh()).toMatchObject({ cost_usd: 1.5, runs: 3 });
    await run(2);
    expect(await fresh()).toMatchObject({ cost_usd: 2.5, runs: 5 });
    expect(await team.spent.read()).toEqual(await fresh());
  });

  test("outlives the events that it was made of", async () => {
    await run(2);
    await team.spent.checkpoint();
    for (const name of await team.tree.children(team.tree.path("journal", "0000000000"))) {
      await zk.delete(team.tree.path("journal", "0000000000", name));
    }
    expect(await fresh()).toMatchObject({ cost_usd: 1, runs: 2 });
    expect((await teamOn(zk, root).spent.reading()).events).toMatchObject({ task_completed: 2 });
  });

  test("goes with how often each thing happened, and how often a task was queued again", async () => {
    await run(1);
    const { id } = await team.tasks.push({ title: "Again and again" }, PERSON);
    for (const reason of ["first", "second"]) {
      const task = await team.tasks.claim(who);
      if (task === null) throw new Error("Nothing to claim");
      await team.tasks.fail(id, holderOf(who, task), reason);
      if (reason === "first") await team.spent.checkpoint();
      await team.tasks.retry(id, PERSON);
    }
    expect(await teamOn(zk, root).spent.reading()).toMatchObject({
      retries: 2,
      events: { tasks_pushed: 2, task_claimed: 3, task_failed: 2, task_retried: 2 },
    });
  });

  test("is read on from a checkpoint that counts no events", async () => {
    await run(1);
    const { spent, through } = await team.spent.checkpoint();
    const path = team.tree.path("spent");
    await zk.setData(path, encodePayload({ v: 1, spent, through }));
    await run(1);
    const other = teamOn(zk, root);
    expect(await other.spent.reading()).toMatchObject({ spent: { runs: 2 }, retries: 0 });
    expect((await other.spent.reading()).events).toMatchObject({ task_completed: 1 });
    expect(other.corrupt).toEqual([]);
  });

  test("is kept once by several who keep it at the same time", async () => {
    await run(4);
    const others = Array.from({ length: 4 }, () => teamOn(zk, root));
    await Promise.all(others.map((other) => other.spent.checkpoint()));
    expect(await fresh()).toMatchObject({ cost_usd: 2, runs: 4 });
  });

  test("is not kept by a Leader whose term is over", async () => {
    await run(1);
    const path = `${root}/leader-epoch`;
    await zk.create(path);
    await zk.setData(path, new Uint8Array());
    const fence = { path, version: 1 };
    const leader = openTeam({ zk, root, clock: systemClock, random: systemRandom, fence });
    await leader.spent.checkpoint();
    await zk.setData(path, new Uint8Array());
    await run(1);
    await expect(leader.spent.checkpoint()).rejects.toMatchObject({ code: "DEPOSED" });
    expect(await leader.spent.read()).toMatchObject({ runs: 2 });
  });

  test("is made anew where the checkpoint does not parse, and that is told", async () => {
    await run(2);
    await zk.create(team.tree.path("spent"), new TextEncoder().encode("{}"));
    const other = teamOn(zk, root);
    expect(await other.spent.read()).toMatchObject({ runs: 2 });
    expect(other.corrupt).toMatchObject([{ path: team.tree.path("spent") }]);
    await other.spent.checkpoint();
    expect(await fresh()).toMatchObject({ runs: 2 });
  });
});
