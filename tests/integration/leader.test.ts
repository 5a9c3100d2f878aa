import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import type { Chain } from "../../src/domain/chain.ts";
import { isSettled, type Requirement } from "../../src/domain/requirement.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { type LeaderSetup, startTestLeader } from "../support/leader_bench.ts";
import {
  FOUR_LINKS,
  goodTeam,
  type ScriptedWorkshop,
  scriptedWorkshop,
} from "../support/scripted_agent.ts";
import { connectTo, PERSON } from "../support/task_team.ts";
import { startTestWorker, teamOn } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const ROLES = ["planner", "builder", "verifier", "reviewer", "accepter"];

describeWithZooKeeper("a Leader and its team", (server) => {
  let zk: ZooKeeper;
  let root: string;
  let team: Team;
  let shown: readonly string[] = [];
  beforeAll(async () => {
    zk = await connectTo(server.hosts);
  });
  afterAll(() => zk.close());
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
  });

  /** A Leader and a Worker of each role, whose agents all play one script. */
  async function start(
    script: Parameters<typeof scriptedWorkshop>[0],
    setup: Partial<LeaderSetup> & { roles?: readonly string[] } = {},
  ): Promise<ScriptedWorkshop> {
    const workshop = scriptedWorkshop(script);
    const leader = await startTestLeader(zk, root, { workshop, ...setup });
    shown = leader.lines;
    for (const role of setup.roles ?? ROLES) {
      startTestWorker(team, { name: `w-${role}`, role, command: "scripted", workshop });
    }
    return workshop;
  }

  async function settled(content: string): Promise<{ requirement: Requirement; chains: Chain[] }> {
    const { id } = await team.requirements.submit({ content }, PERSON);
    for await (const requirement of team.requirements.watch(id, AbortSignal.timeout(80_000))) {
      if (!isSettled(requirement)) continue;
      const chains = await Promise.all(requirement.chains.map((chain) => team.chains.get(chain)));
      return { requirement, chains };
    }
    const events = await team.journal.read();
    const told = events.map(({ type, by_name, task_id, reason }) =>
      [type, by_name, task_id, reason].join(" ")
    );
    throw new Error(`It was not settled in time:\n${[...shown, ...told].join("\n")}`);
  }

  const counted = ({ runs }: ScriptedWorkshop) => {
    const counts: Record<string, number> = {};
    for (const { kind } of runs) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  };

  test("takes a requirement through plan, build, verify, review and accept, one run each", async () => {
    const workshop = await start(goodTeam());
    const { requirement, chains } = await settled("Make it so");
    expect(requirement).toMatchObject({ status: "completed", reason: null });
    expect(chains).toMatchObject([{ status: "completed", round: 1, rounds: [] }]);
    expect(counted(workshop)).toEqual({
      decompose: 1,
      plan: 1,
      build: 1,
      verify: 1,
      review: 1,
      accept: 1,
      decide: 5,
    });
    const { tasks } = await team.tasks.list();
    expect(
      tasks.map(({ status, judgement, completed_by_name }) =>
        `${status} ${judgement} ${completed_by_name}`
      ),
    ).toEqual(ROLES.map((role) => `completed passed w-${role}`));
    expect((await team.tasks.audit()).findings).toEqual([]);
    const about = workshop.runs.map(({ kind, request }) => ({ kind, ...request.attributes }));
    expect(about.slice(0, 3)).toMatchObject([
      { kind: "decompose", question: "decompose", requirement_id: requirement.id },
      { kind: "plan", member_role: "planner", task_id: tasks[0]?.id, link: "plan" },
      { kind: "decide", member_role: "leader", question: "decide", task_id: tasks[0]?.id },
    ]);
  });

  test("needs only one general Worker", async () => {
    const workshop = await start(goodTeam(), { roles: ["general"] });
    const { requirement } = await settled("Make it so");
    expect(requirement.status).toBe("completed");
    expect(workshop.runs).toHaveLength(11);
  });

  test("sends a link back with feedback, and an earlier one after a reject", async () => {
    let decisions = 0;
    const workshop = await start(goodTeam(({ kind, prompt }) => {
      if (kind !== "decide") return null;
      const link = /finished the \*\*(\w+)\*\*/.exec(prompt)?.[1];
      decisions++;
      if (link === "verify" && decisions < 5) {
        return { answer: { decision: "feedback", reason: "R2 is a gap", guidance: "Check R2" } };
      }
      if (link === "review" && decisions < 7) {
        return {
          answer: { decision: "reject", reason: "Wrong", guidance: "Do R1", redo_link: "build" },
        };
      }
      return null;
    }));
    const { requirement, chains } = await settled("Make it so");
    expect(requirement.status).toBe("completed");
    expect(
      chains[0]?.rounds.map(({ round, decision, link, redo }) =>
        `${round} ${decision} ${link} ${redo}`
      ),
    ).toEqual(["1 feedback verify verify", "2 feedback verify verify", "3 reject review build"]);
    expect(counted(workshop)).toMatchObject({ build: 2, verify: 4, review: 2, accept: 1 });
    const build = workshop.runs.filter(({ kind }) => kind === "build")[1];
    expect(build?.prompt).toContain("Do R1");
  });

  test("gives a chain up that does not pass", async () => {
    await start(
      goodTeam(({ kind }) =>
        kind === "decide"
          ? { answer: { decision: "feedback", reason: "No", guidance: "Better" } }
          : null
      ),
      { roles: ["general"] },
    );
    const { requirement, chains } = await settled("Make it so");
    expect(requirement.status).toBe("failed");
    expect(chains[0]?.reason).toContain("round 1: feedback on plan: No");
    expect(chains[0]?.rounds).toHaveLength(3);
    const { tasks } = await team.tasks.list();
    expect(tasks.map(({ status }) => status)).toEqual([
      "failed",
      "cancelled",
      "cancelled",
      "cancelled",
      "cancelled",
    ]);
  });

  test("works on chains side by side, and on one that waits for another after it", async () => {
    await start(
      goodTeam(({ kind }) =>
        kind === "decompose"
          ? { answer: { chains: [{ ...FOUR_LINKS, after: [2] }, FOUR_LINKS, FOUR_LINKS] } }
          : null
      ),
      { roles: ["general", "builder"] },
    );
    const { requirement, chains } = await settled("Three things");
    expect(requirement.status).toBe("completed");
    expect(chains.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
  });
});
