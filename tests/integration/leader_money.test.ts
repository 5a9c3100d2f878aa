import { expect, test } from "vitest";
import { addSpent, tokensOf } from "../../src/domain/spent.ts";
import { until } from "../support/candidates.ts";
import { type LedTeam, ledTeams, ROLES } from "../support/led_team.ts";
import {
  FOUR_LINKS,
  goodTeam,
  type ScriptedRun,
  scriptedWorkshop,
} from "../support/scripted_agent.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** Every scripted run takes so many tokens. */
const TOKENS = 110;
const several = (count: number) =>
  goodTeam(({ kind }) =>
    kind === "decompose"
      ? { answer: { chains: Array.from({ length: count }, () => FOUR_LINKS) } }
      : null
  );
/** As greedy as it may be: a run costs what it was allowed to. */
const greedy = ({ request }: ScriptedRun) => Math.min(1, request.options?.budgetUsd ?? 1);

describeWithZooKeeper("a Leader with a budget", (server) => {
  const start = ledTeams(server);
  const all = async (led: LedTeam) => await led.team.spent.read();

  test("keeps a chain within its own, and refuses the link that has nothing left", async () => {
    const led = await start(undefined, {
      workshop: scriptedWorkshop(goodTeam(), ({ kind }) => kind === "decompose" ? 0 : 0.4),
    });
    const { requirement, chains } = await led.settled({ content: "Make it so", budgetUsd: 1.5 });
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toBe(`The budget of ${chains[0]?.id} is spent`);
    // plan, its decision, build: 1.2; the next decision gets the 0.3 that are left, and has 0.4.
    const runs = led.workshop.runs.map(({ kind, request }) => [kind, request.options?.budgetUsd]);
    expect(runs.slice(1)).toEqual([["plan", 1.5], ["decide", 1.1], ["build", 0.7], [
      "decide",
      0.3,
    ]]);
    const [failed] = await led.events("chain_failed");
    expect(failed?.reason).toContain("is spent");
  });

  test("counts the tokens of a chain as well", async () => {
    const led = await start();
    const { requirement, chains } = await led.settled({
      content: "Make it so",
      budgetTokens: 3 * TOKENS,
    });
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toContain("is spent");
    expect(led.counts()).toEqual({ decompose: 1, plan: 1, decide: 1, build: 1 });
  });

  test.each([0.9, 5])(
    "never spends more than $%d over several chains at once, however greedy they are",
    async (budgetUsd) => {
      const workshop = scriptedWorkshop(several(3), greedy);
      const led = await start(undefined, {
        workshop,
        roles: [...ROLES, "general"],
        settings: { budgetUsd },
      });
      const { requirement } = await led.settled();
      expect(requirement.status).toBe("failed");
      const spent = await all(led);
      expect(spent.cost_usd).toBeLessThanOrEqual(budgetUsd + 1e-6);
      expect(spent.cost_usd).toBeGreaterThan(budgetUsd / 2);
      const reasons = (await led.events("chain_failed", "requirement_failed")).map(({ reason }) =>
        reason
      );
      expect(reasons.some((reason) => reason?.includes("budget of the team is spent"))).toBe(true);
      // Nothing was begun without money.
      for (const { request } of workshop.runs) {
        expect(request.options?.budgetUsd).toBeGreaterThan(0);
      }
      expect(await led.findings()).toEqual([]);
    },
  );

  test("lets chains wait for what others have reserved, and none of them fails for it", async () => {
    const led = await start(several(3), {
      settings: { budgetUsd: 5 },
      roles: ["general", "builder"],
    });
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("completed");
    expect(chains).toHaveLength(3);
    expect((await all(led)).cost_usd).toBeCloseTo(0.01 * (1 + 3 * 8), 6);
  });

  test("lets chains that wait for each other share what there is", async () => {
    const script = goodTeam(({ kind }) =>
      kind === "decompose"
        ? {
          answer: {
            chains: [FOUR_LINKS, { ...FOUR_LINKS, after: [1] }, { ...FOUR_LINKS, after: [2] }],
          },
        }
        : null
    );
    const led = await start(script, { settings: { budgetUsd: 5 } });
    expect((await led.settled()).requirement.status).toBe("completed");
  });

  test("keeps the team within its tokens", async () => {
    const budgetTokens = 8 * TOKENS;
    const led = await start(several(2), { settings: { budgetTokens } });
    const { requirement } = await led.settled();
    expect(requirement.status).toBe("failed");
    const tokens = tokensOf(await all(led));
    expect(tokens).toBeLessThanOrEqual(budgetTokens);
    expect(led.workshop.runs.every(({ request }) => (request.budgetTokens ?? 0) > 0)).toBe(true);
  });

  test("refuses a requirement without asking anybody once the team's budget is spent", async () => {
    const led = await start(undefined, {
      workshop: scriptedWorkshop(goodTeam(), greedy),
      settings: { budgetUsd: 0.5 },
    });
    expect((await led.settled()).requirement.status).toBe("failed");
    const asked = led.workshop.runs.length;
    const { requirement } = await led.settled("Something else");
    expect(requirement).toMatchObject({
      status: "failed",
      reason: "The budget of the team is spent",
    });
    expect(led.workshop.runs).toHaveLength(asked);
  });

  test("sums up per task, chain and team what was spent", async () => {
    const led = await start();
    const { requirement, chains } = await led.settled();
    const tasks = await led.tasks();
    expect(tasks.map(({ spent }) => [spent.runs, spent.cost_usd])).toEqual(
      tasks.map(() => [1, 0.01]),
    );
    expect(chains[0]?.spent).toMatchObject({ runs: 5, input_tokens: 500 });
    expect(requirement.spent.runs).toBe(1);
    const sum = addSpent(requirement.spent, chains[0]?.spent, ...tasks.map(({ spent }) => spent));
    await until(async () => (await all(led)).runs === 11);
    expect(await all(led)).toEqual({ ...sum, cost_usd: expect.closeTo(sum.cost_usd, 6) });
  });
});
