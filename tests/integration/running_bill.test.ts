import { afterEach, describe, expect, test } from "vitest";
import { encodePayload } from "../../src/coordination/payload.ts";
import type { TokenHolder } from "../../src/coordination/task_queue.ts";
import { addSpent, NOTHING_SPENT, type Spent } from "../../src/domain/spent.ts";
import { spentOf } from "../../src/coordination/spent_total.ts";
import type { Task } from "../../src/domain/task.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { Op } from "../../src/zookeeper/zookeeper.ts";
import { ChainTeam, COST, LEADER } from "../support/chain_team.ts";
import { type Fault, FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { useClient, useTaskTeam } from "../support/live.ts";
import { meddlingZooKeeper } from "../support/meddling_zookeeper.ts";
import {
  claimer,
  connectTo,
  holderOf,
  join,
  PERSON,
  type TaskTeam,
  taskTeam,
} from "../support/task_team.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = claimer("tom");
const jerry = claimer("jerry");

const used = (tokens: number): Spent => ({ ...NOTHING_SPENT, input_tokens: tokens, runs: 1 });

/** A claim of the one task there is, in progress. */
async function begun(team: TaskTeam, who = tom): Promise<{ task: Task; holder: TokenHolder }> {
  const claimed = await team.queue.claim(who);
  if (claimed?.claim == null) throw new Error("Nothing to claim");
  const holder = { by: who, token: claimed.claim.token };
  return { task: await team.queue.start(claimed.id, holder), holder };
}

/** What a task has cost, which is what the journal says that its runs have cost. */
async function costOf({ queue, journal }: TaskTeam, id: Task["id"]): Promise<Spent> {
  const { spent } = await queue.get(id);
  const events = await journal.read({ taskId: id });
  expect(addSpent(...events.map(spentOf)), "what the journal says").toEqual(spent);
  return spent;
}

describeWithZooKeeper("what a run has used so far", (server) => {
  const zk = useClient(server);
  const other = useClient(server);
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

  describe("over a connection that breaks", () => {
    /** Two runs: one that is given up by somebody else, and one that reports. */
    async function twoRuns(own: TaskTeam): Promise<Task["id"]> {
      const { id } = await own.queue.push({ title: "A task" }, PERSON);
      const first = await begun(own);
      await noteAll(own, first, 100, 200, 300);
      const recover = () => own.recovery.recoverPredecessor(tom.id, jerry);
      // Whoever finds the owner gone next does what this one could not.
      await recover().catch(recover);
      await own.queue.billLate(id, first.holder, used(320));
      const second = await begun(own);
      await noteAll(own, second, 40);
      await own.queue.complete(id, holderOf(tom, second.task), { result: "", spent: used(50) });
      await own.queue.billLate(id, second.holder, used(50));
      return id;
    }

    /** As a Worker does it: what is lost on its way is noted again. */
    async function noteAll(
      own: TaskTeam,
      { task, holder }: Awaited<ReturnType<typeof begun>>,
      ...amounts: readonly number[]
    ): Promise<void> {
      const bill = own.queue.bill(task.id, holder);
      for (const amount of amounts) {
        await bill.note(used(amount)).catch(() => bill.note(used(amount)));
      }
    }

    async function run(fault: Fault): Promise<FaultyZooKeeper> {
      const root = await server.freshRoot();
      const witness = taskTeam(other, root);
      await join(witness, tom);
      const faulty = new FaultyZooKeeper(zk, fault);
      const id = await twoRuns(taskTeam(faulty.zk, root));
      await faulty.settle();
      expect(await costOf(witness, id), JSON.stringify(fault)).toEqual({ ...used(370), runs: 2 });
      expect(await witness.queue.audit()).toMatchObject({ findings: [], corrupt: [] });
      return faulty;
    }

    test.each<Loss>(["before", "after", "late"])(
      "is billed once, whichever reply is lost (%s it is carried out)",
      async (how) => {
        const { writes } = await run({});
        expect(writes).toBeGreaterThan(10);
        for (let at = 1; at <= writes; at++) await run({ loseWrite: { at, how } });
      },
      60_000,
    );

    test("is billed once, whichever reading is lost", async () => {
      const { reads } = await run({});
      for (let loseRead = 1; loseRead <= reads; loseRead++) await run({ loseRead });
    }, 60_000);

    test("is billed once, wherever its owner dies", async () => {
      const root = await server.freshRoot();
      await join(taskTeam(other, root), tom);
      const whole = new FaultyZooKeeper(zk);
      await twoRuns(taskTeam(whole.zk, root));
      const totals = new Set<number>();
      for (let dieAfter = 1; dieAfter < whole.operations; dieAfter++) {
        totals.add(await dieAndRecover(dieAfter));
      }
      expect([...totals]).toEqual([0, 100, 200, 300, 320, 360, 370]);
    }, 60_000);

    /** The tokens billed once the work of a process that died has gone back to the queue. */
    async function dieAndRecover(dieAfter: number): Promise<number> {
      const root = await server.freshRoot();
      const victim = await connectTo(server.hosts);
      const faulty = new FaultyZooKeeper(victim, { dieAfter });
      await join(taskTeam(victim, root), tom);
      await Promise.race([twoRuns(taskTeam(faulty.zk, root)), faulty.died]);
      await victim.close();
      const heir = taskTeam(other, root);
      await heir.recovery.recoverOrphans({ graceMs: 0 });
      expect(await heir.queue.audit(), `dead after ${dieAfter}`)
        .toMatchObject({ findings: [], corrupt: [] });
      const [task] = (await heir.queue.list()).tasks;
      return task === undefined ? 0 : (await costOf(heir, task.id)).input_tokens;
    }
  });
});
