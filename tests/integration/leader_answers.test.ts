import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ledTeams } from "../support/led_team.ts";
import { FIVE_LINKS, FOUR_LINKS, goodTeam, type ScriptedRun } from "../support/scripted_agent.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const PASS = { decision: "pass", reason: "All is shown" };

describeWithZooKeeper("a Leader whose agent answers badly", (server) => {
  const start = ledTeams(server);

  /** A good team but for what its decomposition answers. */
  const decomposing = (answer: (run: ScriptedRun) => unknown) =>
    goodTeam((run) => run.kind === "decompose" ? saying(answer(run)) : null);
  /** A good team but for what is decided of one link; null: that it is well. */
  const deciding = (link: string, answer: (run: ScriptedRun) => unknown) =>
    goodTeam((run) => run.kind === "decide" && judges(run, link) ? saying(answer(run)) : null);

  const chain = (after: number[] = []) => ({ ...FOUR_LINKS, after });
  const huge = "x".repeat(1024 * 1024);
  const link = { title: "t", description: huge, criteria: "c" };
  const unusable: [string, unknown, string][] = [
    ["text that is not JSON", "I would rather not.", "The answer holds no JSON object"],
    ["JSON that breaks off", '{"chains": [{"title": "x"', "breaks off"],
    ["nothing", "", "The answer is empty"],
    ["JSON that does not fit", { chains: "many" }, "chains must be an array"],
    ["JSON without the links", { chains: [{ title: "x", links: {} }] }, "links.build is missing"],
    ["no chain", { chains: [] }, "must hold at least one chain"],
    ["50 chains", { chains: Array.from({ length: 50 }, () => chain()) }, "at most 20 items"],
    ["a circle", { chains: [chain([2]), chain([1])] }, "in a circle: 1 → 2 → 1"],
    ["a chain after one that is not there", { chains: [chain([7])] }, "only 1"],
    [
      "1 MiB",
      { chains: [{ ...FOUR_LINKS, links: { ...FOUR_LINKS.links, build: link } }] },
      "at most 16384 characters",
    ],
    ["1 MiB of text", JSON.stringify({ chains: [{ title: huge }] }), ""],
    [
      "20 chains of long texts",
      { chains: Array.from({ length: 20 }, () => lengthy()) },
      "say it shorter",
    ],
  ];

  test.each(unusable)("fails a requirement after three answers of %s", async (_, answer, why) => {
    const led = await start(decomposing(() => answer), { roles: ["general"] });
    const { requirement, chains } = await led.settled();
    expect(requirement).toMatchObject({ status: "failed", spent: { runs: 3 } });
    expect(requirement.reason).toContain("No usable answer in 3 tries");
    expect(requirement.reason).toContain(why);
    expect(chains).toEqual([]);
    const refused = await led.events("answer_refused");
    expect(refused.map(({ requirement_id, data }) => [requirement_id, data?.["kind"]])).toEqual(
      Array.from({ length: 3 }, () => [requirement.id, "decompose"]),
    );
    expect(refused.map(({ reason }) => reason?.includes(why))).toEqual([true, true, true]);
    const last = String(refused.at(-1)?.data?.["log"]);
    expect(requirement.reason).toContain(last);
    expect(readFileSync(last, "utf8")).toContain(
      typeof answer === "string" ? answer : JSON.stringify(answer),
    );
    expect(led.counts()).toEqual({ decompose: 3 });
    expect(await led.findings()).toEqual([]);
  });

  test("tells the agent what was wrong, and goes on with an answer that can be used", async () => {
    const led = await start(
      decomposing(({ before }) =>
        [{ chains: [] }, "no", { chains: [FIVE_LINKS] }][before] ?? "once too often"
      ),
    );
    const { requirement } = await led.settled();
    expect(requirement).toMatchObject({ status: "completed", spent: { runs: 3 } });
    const prompts = led.workshop.runs.flatMap(({ kind, prompt }) =>
      kind === "decompose" ? [prompt] : []
    );
    expect(prompts.map((prompt) => prompt.includes("Make it so"))).toEqual([true, true, true]);
    expect(prompts[0]).not.toContain("cannot be used");
    expect(prompts[1]).toContain("- chains must hold at least one chain");
    expect(prompts[2]).toContain("- The answer holds no JSON object");
  });

  test("fails a chain after three decisions of the wrong form", async () => {
    const led = await start(deciding("build", () => ({ decision: "maybe" })));
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toContain("No usable answer in 3 tries: decision must be one of");
    expect(led.counts()).toEqual({ decompose: 1, plan: 1, build: 1, decide: 4 });
    expect((await led.tasks()).map(({ status }) => status)).toEqual([
      "completed",
      "failed",
      "cancelled",
      "cancelled",
      "cancelled",
    ]);
    const told = await led.events("answer_refused");
    expect(told.map(({ chain_id, task_id }) => [chain_id, task_id])).toEqual(
      Array.from({ length: 3 }, () => [chains[0]?.id, "task-0000000002"]),
    );
    expect(await led.findings()).toEqual([]);
  });

  const reject = { decision: "reject", reason: "Wrong", guidance: "Do it again" };
  const feedback = { decision: "feedback", reason: "Not yet", guidance: "Do more" };
  const impossible: [string, string, object, string][] = [
    [
      "redo_link that comes later",
      "build",
      { ...reject, redo_link: "review" },
      "does not come before",
    ],
    [
      "redo_link that is itself",
      "build",
      { ...reject, redo_link: "build" },
      "does not come before",
    ],
    ["reject of the first link", "plan", { ...reject, redo_link: null }, "no earlier link"],
    [
      "assignee that is not here",
      "build",
      { ...PASS, assignee: "nobody" },
      'assignee "nobody" is not',
    ],
    ["reassign to nobody", "build", { ...feedback, next_action: "reassign" }, "needs an assignee"],
    ["close_chain too early", "build", { ...PASS, next_action: "close_chain" }, "by the last link"],
    [
      "activate_next at the end",
      "accept",
      { ...PASS, next_action: "activate_next" },
      "no link after",
    ],
    ["feedback without guidance", "build", { ...feedback, guidance: " " }, "needs guidance"],
    [
      "feedback that goes on",
      "build",
      { ...feedback, next_action: "activate_next" },
      "only a pass",
    ],
    ["help for a pass", "build", { ...PASS, next_action: "ask_for_help" }, "needs no help"],
    [
      "help without a question",
      "build",
      { ...feedback, guidance: "", next_action: "ask_for_help" },
      "the question",
    ],
  ];

  test.each(impossible)("asks once more about a decision with %s", async (_, at, answer, why) => {
    let asked = 0;
    const led = await start(deciding(at, () => asked++ === 0 ? answer : PASS));
    const { requirement } = await led.settled();
    expect(requirement).toMatchObject({ status: "completed" });
    expect(asked).toBe(2);
    const again = led.workshop.runs.filter((run) => run.kind === "decide" && judges(run, at))[1];
    expect(again?.prompt).toContain("Your answer cannot be used");
    expect(again?.prompt).toContain(why);
    expect((await led.events("answer_refused")).map(({ reason }) => reason)).toEqual([
      expect.stringContaining(why),
    ]);
    expect(await led.findings()).toEqual([]);
  });

  test("fails the chain where the second decision is impossible too", async () => {
    const led = await start(deciding("verify", () => ({ ...reject, redo_link: "accept" })));
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toMatch(/No usable answer in 2 tries: redo_link "accept" does not/);
    expect(led.counts()).toEqual({ decompose: 1, plan: 1, build: 1, verify: 1, decide: 4 });
    expect(await led.events("answer_refused")).toHaveLength(2);
    expect(await led.findings()).toEqual([]);
  });

  test("bears two answers of the wrong form and an impossible one, each by its own count", async () => {
    const answers = ["what?", { ...PASS, next_action: "close_chain" }, { decision: 1 }, PASS];
    let asked = 0;
    const led = await start(deciding("build", () => answers[asked++]));
    const { requirement } = await led.settled();
    expect(requirement.status).toBe("completed");
    expect(asked).toBe(4);
  });

  test("lets no link pass that says itself that it does not", async () => {
    const led = await start(
      goodTeam(({ kind, before }) =>
        kind === "verify" && before === 0 ? "Status: done\nSummary: no\nVerdict: gap\n" : null
      ),
    );
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toContain("the report's own verdict is feedback, so it cannot pass");
  });
});

/** A Saying of the script: text as text, an object by its schema. */
function saying(answer: unknown): string | { answer: unknown } {
  return typeof answer === "string" ? answer : { answer };
}

function judges({ prompt }: ScriptedRun, link: string): boolean {
  return prompt.includes(`has finished the **${link}** link`);
}

function lengthy() {
  const link = { title: "t", description: "d".repeat(4_000), criteria: "c" };
  const links = { plan: null, build: link, verify: link, review: link, accept: link };
  return { ...FOUR_LINKS, links };
}
