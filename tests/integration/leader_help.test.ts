import { expect, test } from "vitest";
import { idOf, InstanceId } from "../../src/domain/ids.ts";
import { until } from "../support/candidates.ts";
import { type LedTeam, ledTeams } from "../support/led_team.ts";
import { goodTeam, type Saying, type ScriptedRun } from "../support/scripted_agent.ts";
import { PERSON } from "../support/task_team.ts";
import { untilTask } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const BUILD = idOf("task", 2);
const CHAIN = idOf("chain", 1);
const BLOCKED = "Status: blocked\nSummary: the password is missing\n";
const ASK = {
  decision: "feedback",
  reason: "Nobody here knows it",
  guidance: "What is the password?",
  next_action: "ask_for_help",
};

describeWithZooKeeper("a Leader that asks for help", (server) => {
  const start = ledTeams(server);

  /** The first build is blocked, and help is asked for; `other` comes first. */
  const asking = (other: (run: ScriptedRun) => Saying | null = () => null) =>
    goodTeam((run) => {
      const said = other(run);
      if (said !== null) return said;
      if (run.kind === "build" && run.before === 0) return BLOCKED;
      return run.kind === "decide" && run.prompt.includes("State: blocked")
        ? { answer: ASK }
        : null;
    });
  const silent = { outcome: { kind: "failed" as const, reason: "busy" } };
  const waiting = async (led: LedTeam) => {
    await until(async () => (await led.events("chain_waiting")).length === 1);
    return await led.team.chains.get(CHAIN);
  };

  test("puts the question to everybody, and goes on with the first answer as guidance", async () => {
    const led = await start(
      asking(({ kind, request }) => {
        if (kind !== "message") return null;
        return request.env["CLAUDE_ORCHESTRATOR_INSTANCE_ID"] === "w-planner"
          ? "It is swordfish"
          : silent;
      }),
    );
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("completed");
    expect(chains[0]).toMatchObject({
      help: null,
      rounds: [{ decision: "feedback", link: "build" }],
    });
    const [sent] = await led.events("message_sent").then((all) =>
      all.filter(({ data, reason }) => JSON.stringify([data, reason]).includes("help"))
    );
    expect(sent).toBeDefined();
    const asked = new Set(
      led.workshop.runs.filter(({ kind }) => kind === "message").map(({ request }) =>
        request.env["CLAUDE_ORCHESTRATOR_INSTANCE_ID"]
      ),
    );
    expect(asked).toContain("w-planner");
    const [, build] = led.workshop.runs.filter(({ kind }) => kind === "build");
    expect(build?.prompt).toContain("It is swordfish");
    expect(build?.prompt).toContain("What is the password?");
    expect(led.counts()).toMatchObject({ build: 2, decide: 6 });
    expect(await led.findings()).toEqual([]);
  });

  test("fails the chain where nobody answers in time", async () => {
    const led = await start(asking(({ kind }) => kind === "message" ? silent : null), {
      waits: { helpMs: 700 },
    });
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toBe("Nobody answered: What is the password?");
    const [asked] = await led.events("chain_waiting");
    const [failed] = await led.events("chain_failed");
    const waited = Date.parse(failed?.time ?? "") - Date.parse(asked?.time ?? "");
    expect(waited).toBeGreaterThan(300);
    expect(await led.findings()).toEqual([]);
  });

  test("takes an answer from a person, once, and keeps a second one out of it", async () => {
    const led = await start(asking(({ kind }) => kind === "message" ? silent : null));
    const id = await led.submit("Make it so");
    const { help } = await waiting(led);
    const answer = (content: string) =>
      led.team.inbox.send({
        type: "direct",
        to: [InstanceId.parse("boss")],
        from: { id: InstanceId.parse("w-planner"), name: "Ann" },
        content,
        reply_to: help?.message_id ?? null,
      });
    await Promise.all([answer("It is swordfish"), answer("It is tuna")]);
    const { requirement, chains } = await led.settled(id);
    expect(requirement.status).toBe("completed");
    expect(chains[0]?.rounds).toHaveLength(1);
    const prompts = led.workshop.runs.filter(({ kind }) => kind === "build").map(({ prompt }) =>
      prompt
    );
    expect(prompts).toHaveLength(2);
    expect(["swordfish", "tuna"].filter((word) => prompts[1]?.includes(word))).toHaveLength(1);
    // An answer is no requirement, not even one that came too late.
    expect(await led.team.requirements.list()).toHaveLength(1);
  });

  test("goes on where a person unblocks the link instead of answering", async () => {
    const led = await start(asking(({ kind }) => kind === "message" ? silent : null));
    const id = await led.submit("Make it so");
    await waiting(led);
    await led.team.tasks.unblock(BUILD, PERSON);
    const { requirement, chains } = await led.settled(id);
    expect(requirement.status).toBe("completed");
    expect(chains[0]).toMatchObject({ help: null, rounds: [] });
    expect((await led.team.tasks.get(BUILD)).reports).toBe(2);
    expect(await led.findings()).toEqual([]);
  });

  test("does not end the wait of a link that somebody has taken up meanwhile", async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    const led = await start(
      goodTeam(async (run) => {
        if (run.kind === "message") return silent;
        if (run.kind === "build" && run.before === 1) await gate;
        if (run.kind === "build" && run.before === 0) return BLOCKED;
        return run.kind === "decide" && run.prompt.includes("State: blocked")
          ? { answer: ASK }
          : null;
      }),
      { waits: { helpMs: 500 } },
    );
    const id = await led.submit("Make it so");
    await waiting(led);
    await led.team.tasks.unblock(BUILD, PERSON);
    await untilTask(led.team.tasks, BUILD, "in_progress");
    await until(async () => (await led.team.chains.get(CHAIN)).status === "open");
    go();
    const { requirement } = await led.settled(id);
    expect(requirement.status).toBe("completed");
  });

  test("gives the chain up at once where nobody is there to be asked", async () => {
    let leave = () => {};
    const led = await start(
      asking(({ kind, prompt }) => {
        if (kind === "decide" && prompt.includes("State: blocked")) leave();
        return null;
      }),
      { roles: ["general"] },
    );
    const id = await led.submit("Make it so");
    const [worker] = led.workers;
    let gone: Promise<unknown> = Promise.resolve();
    leave = () => {
      worker?.stop();
      gone = worker?.ended ?? gone;
    };
    const { requirement } = await led.settled(id);
    await gone;
    expect(requirement.status).toBe("failed");
    expect(requirement.reason).toMatch(/Nobody is here to help|Nobody answered/);
  });
});
