import { expect, test } from "vitest";
import { idOf } from "../../src/domain/ids.ts";
import { until } from "../support/candidates.ts";
import { type LedTeam, ledTeams } from "../support/led_team.ts";
import { goodTeam, type ScriptedRun } from "../support/scripted_agent.ts";
import { PERSON } from "../support/task_team.ts";
import { untilTask } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const BUILD = idOf("task", 2);
const CHAIN = idOf("chain", 1);
const AGAIN = { decision: "feedback", reason: "It failed", guidance: "Try it so" };
const NOT_DONE = "Status: failed\nSummary: it does not compile\n";
const BLOCKED = "Status: blocked\nSummary: the password is missing\n";

describeWithZooKeeper("a Leader whose links meet trouble", (server) => {
  const start = ledTeams(server);

  /** Lets a run of one kind wait until it is told to go on. */
  function held(kind: string) {
    let go = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    let began = () => {};
    const begun = new Promise<void>((resolve) => began = resolve);
    const wait = async (run: ScriptedRun) => {
      if (run.kind !== kind || run.before > 0) return null;
      began();
      await gate;
      return null;
    };
    return { go, begun, wait };
  }

  const isAbout = ({ kind, prompt }: ScriptedRun, link: string) =>
    kind === "decide" && prompt.includes(`finished the **${link}** link`);
  const statuses = async (led: LedTeam) => (await led.tasks()).map(({ status }) => status);

  test("decides on a link that failed for good, with its reason, and lets it be done again", async () => {
    const led = await start(
      goodTeam((run) => {
        if (run.kind === "build" && run.before < 4) return NOT_DONE;
        return isAbout(run, "build") && run.prompt.includes("State: failed")
          ? { answer: AGAIN }
          : null;
      }),
      { roles: ["general"] },
    );
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("completed");
    expect(chains[0]?.rounds).toMatchObject([{ decision: "feedback", link: "build" }]);
    const [decide] = led.workshop.runs.filter((run) => isAbout(run, "build"));
    expect(decide?.prompt).toContain("Reason: it does not compile");
    expect(led.counts()).toMatchObject({ build: 5, decide: 6 });
    expect(led.workshop.runs.findLast(({ kind }) => kind === "build")?.prompt).toContain(
      "Try it so",
    );
    expect(await led.findings()).toEqual([]);
  });

  test("passes no link that failed, whatever the agent says", async () => {
    const led = await start(goodTeam(({ kind }) => kind === "build" ? NOT_DONE : null), {
      roles: ["general"],
    });
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toContain("the link is failed, so it cannot pass");
    expect(await statuses(led)).toEqual([
      "completed",
      "failed",
      "cancelled",
      "cancelled",
      "cancelled",
    ]);
  });

  test("passes no link that is blocked, and sends it back with what was missing", async () => {
    let asked = 0;
    const led = await start(
      goodTeam((run) => {
        if (run.kind === "build" && run.before === 0) return BLOCKED;
        if (!isAbout(run, "build") || !run.prompt.includes("State: blocked")) return null;
        return { answer: asked++ === 0 ? { decision: "pass", reason: "Why not" } : AGAIN };
      }),
    );
    const { requirement } = await led.settled();
    expect(requirement.status).toBe("completed");
    expect((await led.events("answer_refused")).map(({ reason }) => reason)).toEqual([
      "the link is blocked, so it cannot pass",
    ]);
    expect(led.counts()).toMatchObject({ build: 2 });
  });

  test("judges anew what somebody unblocked by hand, and drops what was decided of the old report", async () => {
    const decide = held("decide");
    const led = await start(
      goodTeam(async (run) => {
        if (run.kind === "build" && run.before === 0) return BLOCKED;
        if (isAbout(run, "build") && run.prompt.includes("State: blocked")) {
          await decide.wait({ ...run, before: 0 });
          return { answer: AGAIN };
        }
        return null;
      }),
    );
    const id = await led.submit("Make it so");
    await decide.begun;
    await led.team.tasks.unblock(BUILD, PERSON);
    await untilTask(led.team.tasks, BUILD, ({ reports }) => reports === 2);
    decide.go();
    const { requirement, chains } = await led.settled(id);
    expect(requirement.status).toBe("completed");
    expect(chains[0]?.rounds).toEqual([]);
    expect(led.counts()).toMatchObject({ build: 2, decide: 6 });
    expect(await led.findings()).toEqual([]);
  });

  test("fails a chain of which a person cancelled the link that is at work", async () => {
    const build = held("build");
    const led = await start(goodTeam(build.wait));
    const id = await led.submit("Make it so");
    await build.begun;
    await led.team.tasks.cancel(BUILD, PERSON, "Not wanted", { force: true });
    const { requirement, chains } = await led.settled(id);
    build.go();
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toContain("Not wanted");
    expect(led.counts()).toMatchObject({ decide: 1 });
    expect(await statuses(led)).toEqual([
      "completed",
      ...Array.from({ length: 4 }, () => "cancelled"),
    ]);
    expect(await led.findings()).toEqual([]);
  });

  test("fails a chain of which a person cancelled a later link, as soon as it is noticed", async () => {
    const build = held("build");
    const led = await start(goodTeam(build.wait));
    const id = await led.submit("Make it so");
    await build.begun;
    await led.team.tasks.cancel(idOf("task", 4), PERSON, "No review");
    const { requirement, chains } = await led.settled(id);
    build.go();
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toContain("No review");
    expect(await led.findings()).toEqual([]);
  });

  test("does nothing with a decision for a chain that was cancelled while the agent thought", async () => {
    const decide = held("decide");
    const led = await start(goodTeam(decide.wait));
    const id = await led.submit("Make it so");
    await decide.begun;
    await led.team.chains.end(CHAIN, "cancelled", "Changed my mind", PERSON);
    const before = await led.team.journal.read();
    decide.go();
    await until(async () => (await led.events("decision_stored")).length === 1);
    const { requirement, chains } = await led.settled(id);
    expect(requirement).toMatchObject({ status: "cancelled" });
    expect(chains[0]).toMatchObject({ status: "cancelled", reason: "Changed my mind" });
    const after = (await led.team.journal.read()).slice(before.length);
    expect(after.map(({ type }) => type).filter((type) => /^(task|chain)_/.test(type))).toEqual([]);
    expect(led.counts()).toEqual({ decompose: 1, plan: 1, decide: 1 });
    // The next requirement is worked on as if nothing had been.
    expect((await led.settled("Something else")).requirement.status).toBe("completed");
    expect(await led.findings()).toEqual([]);
  });

  test("does not judge the report of somebody who lost the claim", async () => {
    const build = held("build");
    const led = await start(goodTeam(build.wait), { roles: ["general", "builder"] });
    const id = await led.submit("Make it so");
    await build.begun;
    const { claim } = await led.team.tasks.get(BUILD);
    await led.team.tasks.release(BUILD, { by: PERSON, force: true }, "Taken away");
    await untilTask(
      led.team.tasks,
      BUILD,
      ({ status, claim: now }) =>
        status === "completed" || now !== null && now.token !== claim?.token,
    );
    build.go();
    const { requirement, chains } = await led.settled(id);
    expect(requirement.status).toBe("completed");
    expect(chains[0]?.rounds).toEqual([]);
    expect(led.counts()).toMatchObject({ build: 2, decide: 5 });
    const task = await led.team.tasks.get(BUILD);
    expect(task.reports).toBe(1);
    expect(task.history.filter(({ action }) => action === "complete")).toHaveLength(1);
    expect(await led.findings()).toEqual([]);
  });

  test("brings the other chain to its end where one fails, and cancels what comes after it", async () => {
    const led = await start(
      goodTeam((run) => {
        if (run.kind === "decompose") return { answer: { chains: three(run) } };
        const isSecond = run.prompt.includes("SECOND");
        return isSecond && run.kind === "build" ? NOT_DONE : null;
      }),
      { roles: ["general"] },
    );
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("failed");
    const byTitle = Object.fromEntries(chains.map(({ title, status }) => [title, status]));
    expect(byTitle).toEqual({ FIRST: "completed", SECOND: "failed", THIRD: "failed" });
    expect(chains.find(({ title }) => title === "THIRD")?.reason).toContain("task-");
    expect(await led.findings()).toEqual([]);
  });

  const three = (_: ScriptedRun) =>
    ["FIRST", "SECOND", "THIRD"].map((title, index) => {
      const link = { title, description: `Of ${title}`, criteria: "It is there" };
      const links = { plan: null, build: link, verify: link, review: link, accept: link };
      return { title, links, after: index === 2 ? [2] : [] };
    });
});
