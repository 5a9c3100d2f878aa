import { expect, test } from "vitest";
import type { Usage } from "../../src/agent/usage.ts";
import type { Team } from "../../src/coordination/team.ts";
import { InstanceId, type TaskId } from "../../src/domain/ids.ts";
import { addSpent, type Spent } from "../../src/domain/spent.ts";
import type { Op, ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { ChainTeam, COST, LEADER, TERMS } from "../support/chain_team.ts";
import { useClient } from "../support/live.ts";
import { type ScriptedRun, scriptedWorkshop } from "../support/scripted_agent.ts";
import { claimer, connectTo, PERSON } from "../support/task_team.ts";
import { startTestWorker, teamOn, untilTask } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const DONE = "Status: done\nSummary: it is done";
const jerry = claimer("jerry");
const OFTEN = { billMs: 100 };

const usage = (tokens: number): Usage => ({
  inputTokens: tokens - 100,
  outputTokens: 100,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
});
const used = (tokens: number, usd = 0): Spent => ({
  cost_usd: usd,
  input_tokens: tokens - 100,
  output_tokens: 100,
  runs: 1,
});

/** An agent of which each run does as told, and says at its end that it has used so many tokens, for a dollar. */
function workshopOf(
  script: (run: ScriptedRun) => Promise<unknown>,
  tokens: number,
  report = DONE,
) {
  const inner = scriptedWorkshop(async (run) => {
    await script(run);
    return report;
  }, () => 1);
  const run = async (...args: Parameters<typeof inner.run>) => ({
    ...await inner.run(...args),
    usage: usage(tokens),
  });
  return { ...inner, run };
}

/** Resolves when a run is stopped. */
function stopped({ request }: ScriptedRun): Promise<void> {
  return new Promise((resolve) => {
    request.signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A client, and how many notes of what a run uses it has sent. */
function countingNotes(inner: ZooKeeper): { zk: ZooKeeper; notes: () => number } {
  let notes = 0;
  const isNote = (op: Op) => op.type === "set" && op.path.includes("/tasks/held/");
  const zk = new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "multi") return value.bind(target);
      return (ops: readonly Op[]) => {
        notes += ops.filter(isNote).length;
        return target.multi(ops);
      };
    },
  });
  return { zk, notes: () => notes };
}

describeWithZooKeeper("what a Worker's run uses", (server) => {
  const zk = useClient(server);

  /** Resolves when something is noted of a run. */
  async function noted({ tree }: Team, owner: string, id: TaskId, beyond = 0): Promise<void> {
    const entry = tree.path("tasks", "held", owner, "in_progress", id);
    while ((await zk.exists(entry))?.version !== beyond + 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test("is billed where its process dies, and the next run is refused by what is left", async () => {
    const root = await server.freshRoot();
    const chains = await new ChainTeam(teamOn(zk, root)).join();
    const { team } = chains;
    const chain = await chains.openedChain();
    const { id } = await chains.task(chain.id, "build");
    await team.chains.reassign(id, { ...TERMS, budget_tokens: 1000 }, "a budget", LEADER);

    const toms = await connectTo(server.hosts);
    const workshop = workshopOf(async (run) => {
      run.request.onUsage?.(usage(1100), null);
      await stopped(run);
    }, 1100);
    startTestWorker(teamOn(toms, root), { name: "tom", command: "agent", workshop, waits: OFTEN });
    await noted(team, "tom", id);
    // Nothing that the process does from here on reaches anybody.
    await toms.close();
    await team.recovery.recoverOrphans({ graceMs: 0 });
    expect(await team.tasks.get(id)).toMatchObject({ retry_count: 1, spent: used(1100) });
    expect(await team.spent.read()).toEqual(addSpent(COST, used(1100)));

    const idle = workshopOf(() => Promise.resolve(), 1);
    startTestWorker(team, { name: "jerry", command: "agent", workshop: idle });
    const refused = await untilTask(team.tasks, id, "failed");
    expect(refused.fail_reason).toBe("Budget spent: 1100 of 1000 tokens");
    expect(idle.runs).toEqual([]);
    expect(await team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
  });

  test("is billed to the last token where its claim was taken from it, and it is stopped", async () => {
    const team = teamOn(zk, await server.freshRoot());
    let go: (value: unknown) => void = () => {};
    const taken = new Promise((resolve) => go = resolve);
    const workshop = workshopOf(async (run) => {
      if (run.before > 0) return;
      run.request.onUsage?.(usage(300), null);
      await taken;
      run.request.onUsage?.(usage(400), null);
      await stopped(run);
    }, 500);
    const worker = startTestWorker(team, { name: "tom", command: "agent", workshop, waits: OFTEN });
    const { id } = await team.tasks.push({ title: "Contested" }, PERSON);
    await noted(team, "tom", id);
    await team.recovery.recoverPredecessor(worker.id, jerry);
    expect((await team.tasks.get(id)).spent).toEqual(used(300));
    go(null);
    await worker.shown(`${id}: the claim was lost`);
    // Then it takes the task again, and does it.
    const done = await untilTask(team.tasks, id, "completed");
    expect(done.spent).toEqual(addSpent(used(500, 1), used(500, 1)));
    expect(await team.spent.read()).toEqual(done.spent);
    const billed = (await team.journal.read({ taskId: id })).filter(({ data }) => data?.["spent"]);
    expect(billed.map(({ type }) => type)).toEqual([
      "task_recovered",
      "task_billed",
      "task_completed",
    ]);
  });

  test.each(["done", "failed"])(
    "is billed to the last token where it reports too late that it is %s",
    async (status) => {
      const team = teamOn(zk, await server.freshRoot());
      const script = async (run: ScriptedRun) => {
        if (run.before > 0) return await stopped(run);
        await team.recovery.recoverPredecessor(InstanceId.parse("tom"), jerry);
      };
      const workshop = workshopOf(script, 500, `Status: ${status}\nSummary: too late`);
      const worker = startTestWorker(team, { name: "tom", command: "agent", workshop });
      const { id } = await team.tasks.push({ title: "Contested" }, PERSON);
      await worker.shown(`${id}: the claim was lost`);
      expect(await team.tasks.get(id)).toMatchObject({
        retry_count: 1,
        spent: used(500, 1),
        late_reports: [{ by: "tom" }],
      });
      expect(await team.spent.read()).toEqual(used(500, 1));
      worker.stop();
      expect(await worker.ended).toMatchObject({ completed: 0, failed: 0 });
    },
  );

  test("is billed to the last token where its agent ends the claim by itself", async () => {
    const counted = countingNotes(zk);
    const root = await server.freshRoot();
    const team = teamOn(zk, root);
    const by = { id: InstanceId.parse("tom"), name: "tom" };
    const workshop = workshopOf(async ({ request, taskId }) => {
      request.onUsage?.(usage(300), null);
      await noted(team, "tom", taskId as TaskId);
      await team.tasks.complete(taskId as TaskId, { by }, { result: "by itself" });
      request.onUsage?.(usage(400), null);
    }, 500);
    const worker = startTestWorker(teamOn(counted.zk, root), {
      name: "tom",
      command: "agent",
      workshop,
      waits: OFTEN,
    });
    const { id } = await team.tasks.push({ title: "A task" }, PERSON);
    await worker.shown(`${id} completed`);
    expect(await team.tasks.get(id)).toMatchObject({
      result: "by itself",
      spent: used(500, 1),
    });
    expect(await team.spent.read()).toEqual(used(500, 1));
    expect(counted.notes()).toBeLessThanOrEqual(2);
  });

  test("costs no write where the run is quick", async () => {
    const counted = countingNotes(zk);
    const root = await server.freshRoot();
    const team = teamOn(zk, root);
    const workshop = workshopOf(({ request }) => {
      request.onUsage?.(usage(300), null);
      return Promise.resolve();
    }, 500);
    startTestWorker(teamOn(counted.zk, root), {
      name: "tom",
      command: "agent",
      workshop,
    });
    const { id } = await team.tasks.push({ title: "A task" }, PERSON);
    const done = await untilTask(team.tasks, id, "completed");
    expect(done.spent).toEqual(used(500, 1));
    expect(counted.notes()).toBe(0);
  });
});
