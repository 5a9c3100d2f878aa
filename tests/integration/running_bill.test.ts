import { afterEach, describe, expect, test } from "vitest";
import { encodePayload } from "../../src/coordination/payload.ts";
import { addSpent, NOTHING_SPENT } from "../../src/domain/spent.ts";
import type { Task } from "../../src/domain/task.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { Op } from "../../src/zookeeper/zookeeper.ts";
import { begun, costOf, jerry, tom, used } from "../support/billed_runs.ts";
import { ChainTeam, COST, LEADER } from "../support/chain_team.ts";
import { useClient, useTaskTeam } from "../support/live.ts";
import { meddlingZooKeeper } from "../support/meddling_zookeeper.ts";
import { PERSON, taskTeam } from "../support/task_team.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("what a run has used so far", (server) => {
  const zk = useClient(server);
  const team = useTaskTeam(server, zk, tom, jerry);
  afterEach(async () =>
    expect(await team.queue.audit()).toMatchObject({ findings: [], corrupt: [] })
  );

  const push = (spec = {}) => team.queue.push({ title: "A task", ...spec }, PERSON);
  const meddled = (part: string, meddle: () => Promise<unknown>) =>
    taskTeam(meddlingZooKeeper(zk, part, meddle), team.store.tree.root);

  describe("is billed by each step that ends its claim without a report", () => {
    const ends: Readonly<Record<string, (task: Task) => Promise<unknown>>> = {
      recovery: () => team.recovery.recoverPredecessor(tom.id, jerry),
      release: ({ id }) => team.queue.release(id, { by: tom }),
      "a forced release": ({ id }) => team.queue.release(id, { by: PERSON, force: true }),
      "a forced cancellation": ({ id }) => team.queue.cancel(id, PERSON, "no", { force: true }),
      "its agent's own completion": ({ id }) =>
        team.queue.complete(id, { by: tom }, { result: "" }),
      "a failure": ({ id }) => team.queue.fail(id, { by: tom }, "no"),
      "a block": ({ id }) => team.queue.block(id, { by: tom }, "why?"),
    };

    test.each(Object.entries(ends))("%s", async (_, end) => {
      await push();
      const { task, holder } = await begun(team);
      const bill = team.queue.bill(task.id, holder);
      await bill.note(used(100));
      await bill.note(used(250));
      expect(await costOf(team, task.id)).toEqual(NOTHING_SPENT);
      expect(await team.queue.audit()).toMatchObject({ findings: [] });
      await end(task);
      expect(await costOf(team, task.id)).toEqual(used(250));
      await expect(bill.note(used(300))).rejects.toThrow();
      expect(await costOf(team, task.id)).toEqual(used(250));
    });
  });

  test("is billed with the end of its chain, and by nothing else of that transaction", async () => {
    const root = await server.freshRoot();
    const chains = await new ChainTeam(teamOn(zk, root)).join();
    const { team: whole } = chains;
    const chain = await chains.openedChain();
    const claimed = await chains.claim(chain.id);
    if (claimed.claim === null) throw new Error("Nothing was claimed");
    const holder = { by: { id: claimed.claim.owner, name: "" }, token: claimed.claim.token };
    await whole.tasks.start(claimed.id, holder);
    const bill = whole.tasks.bill(claimed.id, holder);
    await bill.note(used(100));
    // Noted once more between the reading and the commit of whoever gives the chain up.
    const late = meddlingZooKeeper(zk, "/chains/records/", () => bill.note(used(170)));
    await teamOn(late, root).chains.end(chain.id, "cancelled", "Not wanted", LEADER);
    expect((await whole.tasks.get(claimed.id)).spent).toEqual(used(170));
    // Its decomposition was paid for, too.
    expect(await whole.spent.read()).toEqual(addSpent(COST, used(170)));
    expect(await whole.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
  });

  test("gives way to what the report says", async () => {
    await push();
    const { task, holder } = await begun(team);
    await team.queue.bill(task.id, holder).note(used(250));
    const done = { result: "", spent: { ...used(240), cost_usd: 0.5 } };
    await team.queue.complete(task.id, holder, done);
    expect(await costOf(team, task.id)).toEqual(done.spent);
    await team.queue.billLate(task.id, holder, done.spent);
    expect(await costOf(team, task.id)).toEqual(done.spent);
  });

  test("is billed as last noted, though it is noted while its claim is being ended", async () => {
    await push();
    const { task, holder } = await begun(team);
    const bill = team.queue.bill(task.id, holder);
    await bill.note(used(100));
    const { recovery } = meddled("/tasks/records/", () => bill.note(used(180)));
    expect(await recovery.recoverPredecessor(tom.id, jerry)).toHaveLength(1);
    expect(await costOf(team, task.id)).toEqual(used(180));
  });

  test("is noted for the claim that it was used under, and for no later one", async () => {
    await push();
    const { task, holder } = await begun(team);
    const old = meddled("/tasks/held/", async () => {
      await team.recovery.recoverPredecessor(tom.id, jerry);
      await begun(team);
    }).queue.bill(task.id, holder);
    await expect(old.note(used(100))).rejects.toMatchObject({ code: "CLAIM_LOST" });
    await team.recovery.recoverPredecessor(tom.id, jerry);
    expect(await costOf(team, task.id)).toEqual(NOTHING_SPENT);
  });

  test("stays what was noted last, though an earlier note is delayed on its way", async () => {
    await push();
    const { task, holder } = await begun(team);
    await team.queue.bill(task.id, holder).note(used(50));
    let late: () => Promise<unknown> = () => Promise.resolve();
    const delaying = new Proxy(zk, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name !== "multi") return value.bind(target);
        return (ops: readonly Op[]) => {
          late = () => zk.multi(ops);
          const outcome = "unknown";
          return Promise.reject(new ZooKeeperError("CONNECTION_LOSS", "Delayed", { outcome }));
        };
      },
    });
    const delayed = taskTeam(delaying, team.store.tree.root).queue.bill(task.id, holder);
    await expect(delayed.note(used(100))).rejects.toMatchObject({ code: "CONNECTION_LOSS" });
    await team.queue.bill(task.id, holder).note(used(150));
    await expect(late()).rejects.toMatchObject({ code: "BAD_VERSION" });
    await team.queue.release(task.id, holder);
    expect(await costOf(team, task.id)).toEqual(used(150));
  });

  test("goes on being noted when the record changes, as by another's late report", async () => {
    await push();
    const former = await begun(team, jerry);
    await team.queue.release(former.task.id, { by: PERSON, force: true });
    const { task, holder } = await begun(team);
    const bill = team.queue.bill(task.id, holder);
    await bill.note(used(100));
    const late = team.queue.complete(task.id, former.holder, { result: "late" });
    await expect(late).rejects.toMatchObject({ code: "CLAIM_LOST" });
    await bill.note(used(150));
    await team.queue.release(task.id, holder);
    expect(await costOf(team, task.id)).toEqual(used(150));
  });

  test("comes to the true figure when the owner that was given up comes back", async () => {
    await push();
    const { task, holder } = await begun(team);
    await team.queue.bill(task.id, holder).note(used(100));
    await team.recovery.recoverPredecessor(tom.id, jerry);
    const next = await begun(team, jerry);
    await team.queue.bill(task.id, next.holder).note(used(5));
    for (let times = 0; times < 2; times++) {
      await team.queue.billLate(task.id, holder, used(130));
    }
    expect(await costOf(team, task.id)).toEqual(used(130));
    await team.queue.complete(task.id, next.holder, { result: "", spent: used(7) });
    await team.queue.billLate(task.id, holder, used(130));
    expect(await costOf(team, task.id)).toEqual({ ...used(137), runs: 2 });
  });

  test("that is none is reported, and stands in nobody's way", async () => {
    await push();
    const { task } = await begun(team);
    const entry = team.store.path("held", tom.id, "in_progress", task.id);
    for (const data of [{ v: 1, token: 999, spent: used(100) }, { v: 1 }]) {
      await zk.setData(entry, encodePayload(data));
      expect((await team.queue.audit()).findings).toEqual([
        { path: entry, problem: expect.stringContaining("running bill") },
      ]);
    }
    await team.recovery.recoverPredecessor(tom.id, jerry);
    expect(team.problems).toEqual([
      { path: entry, problem: expect.stringContaining("running bill") },
    ]);
    expect(await costOf(team, task.id)).toEqual(NOTHING_SPENT);
  });
});
