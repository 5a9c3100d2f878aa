import { describe, expect, test } from "vitest";
import { ChainId, RequirementId } from "../../../src/domain/ids.ts";
import { answer, type ChainTeam, COST, LEADER, planOf, TERMS } from "../chain_team.ts";
import type { CommandShell } from "../command_shell.ts";

type Json = Record<string, unknown>;

/**
 * Requirements and chains. `shell` opens one with a home and a project of its own; `leader` is the same
 * team in the hands of a Leader and a Worker.
 */
export function chainTests(shell: () => CommandShell, leader: () => ChainTeam): void {
  /** Decomposes a requirement as a Leader would. */
  async function open(id: string, plan = planOf({})): Promise<ChainId[]> {
    const it = leader();
    await it.join();
    const requirement = RequirementId.parse(id);
    await it.team.requirements.storePlan(requirement, plan, COST, LEADER);
    const terms = () => Promise.resolve(TERMS);
    return (await it.team.requirements.pushChains(requirement, terms, LEADER)).chains;
  }

  /** The id of a requirement that was just submitted by a command which still runs. */
  async function submitted(): Promise<string> {
    for (;;) {
      const found = await leader().team.requirements.list({ status: ["submitted"] });
      const last = found.at(-1);
      if (last !== undefined) return last.id;
    }
  }

  describe("a requirement", () => {
    test("is submitted, warned of where nobody leads, shown, listed and cancelled with its chains", async () => {
      const one = shell();
      const { status, stdout, stderr } = await one.run("submit", "Add", "a", "greeting");
      expect(status).toBe(0);
      expect(JSON.parse(stderr)).toMatchObject({ warning: { code: "NO_LEADER" } });
      const requirement = JSON.parse(stdout) as { id: string };
      expect(requirement).toMatchObject({
        v: 1,
        content: "Add a greeting",
        status: "submitted",
        max_rounds: 3,
        plan: null,
      });
      const [chain = ""] = await open(requirement.id, planOf({}, {}));
      const shown = await one.json("requirement-show", "--requirement-id", requirement.id);
      expect(shown).toMatchObject({ status: "open", chains: [chain, expect.any(String)] });
      const counts = await one.json<Json>("status");
      expect(counts).toMatchObject({ open_chains: 2, open_requirements: 1 });

      expect(await one.json("chain-cancel", "--chain-id", chain)).toMatchObject({
        status: "cancelled",
        reason: "withdrawn by hand",
      });
      const cancelled = await one.json(
        ...["requirement-cancel", "--requirement-id", requirement.id, "--reason", "Not wanted"],
      );
      expect(cancelled).toMatchObject({ status: "cancelled", reason: "Not wanted" });
      const chains = await one.json<Json[]>("list-chains", "--status", "cancelled");
      expect(chains.map(({ reason }) => reason).slice(-2)).toEqual([
        "withdrawn by hand",
        "Not wanted",
      ]);
      const last = await one.json<Json[]>("list-requirements", "--status", "cancelled");
      expect(last.at(-1)).toMatchObject({ id: requirement.id });
      expect(last.at(-1)).not.toHaveProperty("plan");
      expect(await one.json("status")).toMatchObject({ open_chains: 0, open_requirements: 0 });
    });

    test("is followed to its end, with what all of it has cost", async () => {
      const one = shell();
      const waiting = one.start(
        ["submit", "-", "--wait", "--max-rounds", "2", "--budget-usd", "5", "--timeout", "60s"],
        { stdin: "A greeting\nin two lines" },
      );
      const [chain] = await open(await submitted());
      if (chain === undefined) throw new Error("No chain");
      const it = leader();
      await it.judge(await it.work(chain), answer("feedback"));
      await it.finish(chain);
      const { status, stdout } = await waiting.ended;
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        v: 1,
        outcome: "completed",
        rounds: 1,
        tasks: 4,
        // One decomposition, five runs, five decisions.
        spent_total: { cost_usd: 5.5, runs: 11 },
        requirement: { content: "A greeting\nin two lines", max_rounds: 2, budget_usd: 5 },
        chains: [{
          id: chain,
          status: "completed",
          round: 2,
          tasks: [{ link: "build" }, {}, {}, {}],
        }],
      });
      const shown = await one.json<{ decisions: Json[] }>("chain-show", "--chain-id", chain);
      expect(shown).toMatchObject({ status: "completed", spent_total: { runs: 10 } });
      expect(shown.decisions.map((decision) => decision["status"])).toEqual(Array(5).fill("done"));
      expect(shown.decisions[0]).toMatchObject({ answer: { decision: "feedback" }, link: "build" });
    });

    test("that fails ends with 1, after its events and what became of it", async () => {
      const one = shell();
      const waiting = one.start(
        ["submit", "Something hard", "--wait", "--output", "jsonl", "--timeout", "60s"],
      );
      const [chain] = await open(await submitted());
      if (chain === undefined) throw new Error("No chain");
      const it = leader();
      await it.judge(await it.work(chain), answer("pass"));
      await it.team.chains.end(chain, "failed", "Too hard", LEADER);
      const { status, stdout, stderr } = await waiting.ended;
      expect(status).toBe(1);
      expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error).toMatchObject({
        code: "REQUIREMENT_FAILED",
        message: expect.stringContaining("Too hard"),
      });
      const lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as Json);
      expect(lines.map(({ type }) => type)).toEqual([
        "requirement_submitted",
        "requirement_planned",
        "chain_opened",
        "tasks_pushed",
        "task_claimed",
        "task_completed",
        "decision_stored",
        "task_passed",
        "task_activated",
        "task_cancelled",
        "task_cancelled",
        "task_cancelled",
        "chain_failed",
        "requirement_failed",
        "requirement_outcome",
      ]);
      expect(lines.at(-1)).toMatchObject({ outcome: "failed", tasks: 4 });
    });

    test("that nobody takes up is waited for as long as was said", async () => {
      const one = shell();
      expect(await one.failure("submit", "Nothing", "--wait", "--timeout", "300ms")).toMatchObject({
        exit: 124,
        code: "TIMED_OUT",
      });
      const id = await submitted();
      expect(await one.json("requirement-cancel", "--requirement-id", id)).toMatchObject({
        status: "cancelled",
      });
    });

    test.each([
      [["submit"], 2, "USAGE"],
      [["submit", "x", "--file", "y"], 2, "USAGE"],
      [["submit", "x", "--max-rounds", "21"], 2, "USAGE"],
      [["submit", "x", "--max-rounds", "0"], 2, "USAGE"],
      [["submit", " "], 2, "INVALID_INPUT"],
      [["submit", "--file", "absent.md"], 1, "IO_FAILED"],
      [["chain-show", "--chain-id", "chain-9999999999"], 3, "CHAIN_NOT_FOUND"],
      [["chain-cancel", "--chain-id", "chain-9999999999"], 3, "CHAIN_NOT_FOUND"],
      [["chain-show", "--chain-id", "../x"], 2, "INVALID_INPUT"],
      [["requirement-show", "--requirement-id", "req-9999999999"], 3, "REQUIREMENT_NOT_FOUND"],
      [["requirement-cancel", "--requirement-id", "req-1"], 2, "INVALID_INPUT"],
      [["list-chains", "--status", "lost"], 2, "USAGE"],
    ])("%j is refused with status %i", async (argv, exit, code) => {
      expect(await shell().failure(...argv)).toMatchObject({ exit, code });
    });

    test("and its chains are offered by completion, shown to people and told as events", async () => {
      const one = shell();
      const { id } = await one.json<{ id: string }>("submit", "Shown to people");
      const [chain = ""] = await open(id);
      // A Tab does not wait for a machine that is busy.
      const offered = (...line: string[]) =>
        expect.poll(async () => (await one.run("__complete", "--", ...line)).stdout, {
          timeout: 20_000,
        });
      await offered("chain-show", "--chain-id", "ch").toContain(`${chain}\topen: Chain 1`);
      await offered("requirement-show", "--requirement-id", "")
        .toContain(`${id}\topen: Shown to people`);
      const table = (await one.run("list-chains", "--output", "table", "--status", "open")).stdout;
      expect(table).toMatch(new RegExp(`${chain} +● open +build +1/4 +${id} +Chain 1`));
      const rows = (await one.run("list-requirements", "--output", "table")).stdout;
      expect(rows).toMatch(new RegExp(`${id} +● open +1 .*Shown to people`));
      const events = (await one.run("events", "--output", "table")).stdout;
      expect(events).toContain(`chain_opened ${chain}`);
      expect(events).toContain(`requirement_planned ${id}`);
      await one.json("requirement-cancel", "--requirement-id", id);
    });
  });
}
