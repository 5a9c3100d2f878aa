import { expect, test } from "vitest";
import type { Outcome } from "../../src/agent/outcome.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { agentTemplate } from "../../src/templates/agents.ts";
import { until } from "../support/candidates.ts";
import { ledTeams } from "../support/led_team.ts";
import { goodTeam, type ScriptedRun } from "../support/scripted_agent.ts";
import { PERSON } from "../support/task_team.ts";
import { firstMessage } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const boss = InstanceId.parse("boss");

describeWithZooKeeper("a Leader whose agent cannot answer", (server) => {
  const start = ledTeams(server);

  /** The first runs of a kind end like this; the rest is well. */
  const ending = (kind: string, ...outcomes: (() => Outcome)[]) =>
    goodTeam((run: ScriptedRun) => {
      const outcome = run.kind === kind ? outcomes[run.before] : undefined;
      return outcome === undefined ? null : { outcome: outcome() };
    });
  const reason = "said the provider";

  test.each(["decompose", "decide"])(
    "pauses the team for a limit met by %s, and asks again",
    async (kind) => {
      let until = 0;
      const limited = () => {
        until = Date.now() + 700;
        return { kind: "rate_limited" as const, until, reason };
      };
      const led = await start(ending(kind, limited));
      const { requirement } = await led.settled();
      expect(requirement.status).toBe("completed");
      const [paused, ...more] = await led.events("fleet_paused");
      expect(more).toEqual([]);
      expect(paused).toMatchObject({ by_name: "boss", reason });
      const after = (await led.team.journal.read()).filter(({ type, time }) =>
        type === "task_claimed" && Date.parse(time) > Date.parse(paused?.time ?? "")
      );
      for (const { time } of after) expect(Date.parse(time)).toBeGreaterThanOrEqual(until - 5);
      expect(led.counts()).toMatchObject({ decompose: kind === "decompose" ? 2 : 1, build: 1 });
    },
  );

  test("grows the pause of a limit of which nobody says when it ends", async () => {
    const limited = (): Outcome => ({ kind: "rate_limited", until: null, reason });
    const led = await start(ending("decompose", limited, limited));
    expect((await led.settled()).requirement.status).toBe("completed");
    expect(await led.events("fleet_paused")).toHaveLength(2);
    expect(led.counts()["decompose"]).toBe(3);
  });

  test("asks nothing while the team is paused by somebody else", async () => {
    const led = await start();
    await led.team.pause.pause(Date.now() + 800, "for the test", PERSON);
    const began = Date.now();
    await led.submit("Make it so");
    await until(() => led.workshop.runs.length > 0);
    expect(Date.now() - began).toBeGreaterThanOrEqual(700);
  });

  test.each<Outcome>([
    { kind: "overloaded", reason },
    { kind: "not_logged_in", reason },
    { kind: "out_of_credit", reason },
    { kind: "no_such_command", reason },
  ])("waits where it is $kind, as often as it takes", async (outcome) => {
    const led = await start(ending("decide", ...Array.from({ length: 4 }, () => () => outcome)));
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("completed");
    expect(chains[0]?.rounds).toEqual([]);
    expect(led.counts()["decide"]).toBe(9);
    expect(led.leader.lines.join("\n")).toContain(`trying again in`);
  });

  test("goes on by itself once a template that was broken is mended", async () => {
    let isBroken = true;
    const led = await start(goodTeam(), {
      template: (kind) => {
        if (isBroken) throw new Error("line 7: unknown variable");
        return agentTemplate(`leader-${kind}`, nodeFiles, "/nowhere");
      },
    });
    const id = await led.submit("Make it so");
    await until(() => led.leader.lines.some((line) => line.includes("line 7")));
    isBroken = false;
    expect((await led.settled(id)).requirement.status).toBe("completed");
  });

  const crashes: Outcome[] = [
    { kind: "no_result", reason: "It was killed" },
    { kind: "failed", reason: "It crashed" },
    { kind: "timed_out", limit: "stall" },
    { kind: "aborted" },
  ];
  test.each(crashes)("tries an agent that ends with $kind again", async (outcome) => {
    const led = await start(ending("decide", () => outcome, () => outcome));
    expect((await led.settled()).requirement.status).toBe("completed");
    expect(led.counts()["decide"]).toBe(7);
  });

  test.each(crashes)("gives up after three runs that end with $kind", async (outcome) => {
    const led = await start(ending("decompose", ...Array.from({ length: 9 }, () => () => outcome)));
    const { requirement } = await led.settled();
    expect(requirement.status).toBe("failed");
    expect(requirement.reason).toContain("The Leader's agent failed: ");
    expect(led.counts()["decompose"]).toBe(3);
  });
});

describeWithZooKeeper("what is written to a Leader", (server) => {
  const start = ledTeams(server);
  const from = { id: InstanceId.parse("w-planner"), name: "Ann" };

  test("becomes a requirement, once, whatever else lies in the inbox", async () => {
    const led = await start();
    const send = (type: "direct" | "report" | "help", content: string) =>
      led.team.inbox.send({ type, to: [boss], from, content });
    await send("report", "Nothing new");
    await send("help", "Can you help me?");
    await send("direct", "Make it so");
    await until(async () => (await led.team.inbox.poll(boss)).messages.length === 0);
    const [made, ...more] = await led.team.requirements.list();
    expect(more).toEqual([]);
    expect(made).toMatchObject({ content: "Make it so", from_name: "Ann" });
    if (made !== undefined) {
      expect((await led.settled(made.id)).requirement.status).toBe("completed");
    }
  });

  test("is read too where it was sent to one who led before, and is not here any more", async () => {
    const first = await start(goodTeam(), { roles: [] });
    await until(async () => await first.team.leader() !== null);
    first.leader.leave();
    await first.leader.ended;
    await first.team.inbox.send({
      type: "direct",
      to: [boss],
      from: { id: "", name: "Bob" },
      content: "Make it so",
    });
    const led = await start(goodTeam(), { name: "heir", roles: ["general"] });
    await until(async () => (await led.team.requirements.list()).length === 1);
    const [made] = await led.team.requirements.list();
    if (made !== undefined) {
      expect((await led.settled(made.id)).requirement.status).toBe("completed");
    }
  });

  test("is answered where it cannot become a requirement", async () => {
    const led = await start(goodTeam(), { roles: [] });
    const ann = { id: InstanceId.parse("ann"), name: "Ann", role: "general", host: "", pid: 7 };
    await led.team.members.register(ann);
    await led.team.inbox.send({
      type: "direct",
      to: [boss],
      from: { ...ann },
      content: "x".repeat(300_000),
    });
    const answer = await firstMessage(led.team.inbox, ann.id);
    expect(answer).toMatchObject({ type: "report", from_name: "boss" });
    expect(answer.content).toContain("Requirement is too large");
    await until(async () => (await led.team.inbox.poll(boss)).messages.length === 0);
    expect(await led.team.requirements.list()).toEqual([]);
  });
});
