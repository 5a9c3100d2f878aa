import { expect, test } from "vitest";
import { addSpent, NOTHING_SPENT, type Spent } from "../../src/domain/spent.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { until } from "../support/candidates.ts";
import { startTestLeader } from "../support/leader_bench.ts";
import { observer, ROLES } from "../support/led_team.ts";
import { useClient } from "../support/live.ts";
import {
  type AgentScript,
  FOUR_LINKS,
  goodTeam,
  type ScriptedRun,
  scriptedWorkshop,
} from "../support/scripted_agent.ts";
import { connectTo } from "../support/task_team.ts";
import { startTestWorker, teamOn } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** What each run of a script says of itself at its end. */
const RUN: Spent = { cost_usd: 0.01, input_tokens: 100, output_tokens: 10, runs: 1 };
/** What a run that is cut off has used by then. */
const CUT_OFF: Spent = { ...NOTHING_SPENT, input_tokens: 300, runs: 1 };

const usage = (inputTokens: number) => ({
  inputTokens,
  outputTokens: 0,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
});

/** Uses what `CUT_OFF` says, and then nothing happens until the run is stopped. */
async function hang({ request }: ScriptedRun): Promise<never> {
  request.onUsage?.(usage(CUT_OFF.input_tokens), null);
  const { signal } = request;
  await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
  throw new Error("It was stopped");
}

const plan = { answer: { chains: [FOUR_LINKS] } };
/** A team in which everything goes well, but that the first question of one kind hangs. */
const hangingAt = (kind: string): AgentScript =>
  goodTeam((run) =>
    run.kind === kind ? hang(run) : Promise.resolve(run.kind === "decompose" ? plan : null)
  );

describeWithZooKeeper("what a Leader's question costs", (server) => {
  const zk = useClient(server);

  /** A Leader on a client of its own, with an agent of its own. */
  async function leading(root: string, name: string, script: AgentScript) {
    const own: ZooKeeper = await connectTo(server.hosts);
    const workshop = scriptedWorkshop(script);
    const setup = { name, workshop, waits: { billMs: 50 }, standby: true };
    const leader = await startTestLeader(own, root, { ...setup, died: Promise.resolve() });
    return { leader, workshop, die: () => own.close() };
  }

  test("is billed where the Leader dies while it asks, and counts in every sum", async () => {
    const root = await server.freshRoot();
    const team = teamOn(zk, root);
    const led = observer(team, () => []);
    const billed = async () => (await led.events("question_billed")).length;
    const workshop = scriptedWorkshop(goodTeam());
    for (const role of ROLES) {
      startTestWorker(team, { name: `w-${role}`, role, command: "scripted", workshop });
    }
    const first = await leading(root, "first", hangingAt("decompose"));
    const id = await led.submit("Make it so");
    await until(async () => await billed() === 1);
    await first.die();
    const second = await leading(root, "second", hangingAt("decide"));
    await until(async () => await billed() === 2);
    await second.die();
    const third = await leading(root, "third", goodTeam());
    const { requirement, chains: [chain] } = await led.settled(id);
    expect(requirement).toMatchObject({ status: "completed", spent: addSpent(CUT_OFF, RUN) });
    expect(chain?.spent).toEqual(addSpent(CUT_OFF, RUN, RUN, RUN, RUN));
    const tasks = (await led.tasks()).map(({ spent }) => spent);
    const all = addSpent(requirement.spent, chain?.spent, ...tasks);
    expect(await team.spent.read()).toEqual(all);
    expect(await led.findings()).toEqual([]);
    await third.die();
  }, 60_000);

  test("leaves the next Leader what is left of the budget, and no more", async () => {
    const root = await server.freshRoot();
    const team = teamOn(zk, root);
    const led = observer(team, () => []);
    const first = await leading(root, "first", hangingAt("decompose"));
    const id = await led.submit({ content: "Make it so", budgetTokens: 250 });
    await until(async () => (await led.events("question_billed")).length === 1);
    await first.die();
    const second = await leading(root, "second", goodTeam());
    const { requirement } = await led.settled(id);
    expect(requirement).toMatchObject({
      status: "failed",
      reason: `The budget of ${id} is spent`,
      spent: CUT_OFF,
    });
    expect(second.workshop.runs).toEqual([]);
    await second.die();
  });

  test("is what the agent says at its end, though it was billed on the way", async () => {
    const root = await server.freshRoot();
    const team = teamOn(zk, root);
    const led = observer(team, () => []);
    const only = await leading(
      root,
      "only",
      async ({ request }) => {
        request.onUsage?.(usage(60), null);
        await until(async () => (await led.events("question_billed")).length === 1);
        return { answer: { chains: [FOUR_LINKS] } };
      },
    );
    const id = await led.submit("Make it so");
    await until(async () => (await team.requirements.get(id)).status !== "submitted");
    expect((await team.requirements.get(id)).spent).toEqual(RUN);
    expect(await team.spent.read()).toEqual(RUN);
    await only.die();
  });
});
