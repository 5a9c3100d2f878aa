import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { claudeEnvironment, claudePath } from "../support/claude_cli.ts";
import { type LedTeam, observer, ROLES } from "../support/led_team.ts";
import { FIVE_LINKS } from "../support/scripted_agent.ts";
import {
  type ModelRequest,
  say,
  type ScriptedApi,
  startScriptedApi,
  type Turn,
  use,
} from "../support/scripted_api.ts";
import { connectTo } from "../support/task_team.ts";
import { startLeaderProcess } from "../support/leader_process.ts";
import { teamOn } from "../support/worker_bench.ts";
import {
  EXECUTABLE,
  type Place,
  startWorkerProcess,
  type WorkerProcess,
} from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const REPORT = "All is well.\n\nStatus: done\nSummary: it is done\nVerdict: pass";
const PASS = { decision: "pass", reason: "All is shown" };
/** Nineteen runs of the real thing, on a machine that has other things to do. */
const SETTLED_MS = 90_000;
/** As the default command does, but with the tests' own Claude Code. */
const AGENT = `${claudePath()} --permission-mode acceptEdits --allowedTools ` +
  '"Bash(claude-orchestrator *)"';

describe.skipIf(claudePath() === undefined || !existsSync(EXECUTABLE))("A Leader process", () => {
  describeWithZooKeeper("with the real Claude Code", (server) => {
    let zk: ZooKeeper;
    let led: Pick<LedTeam, "team" | "submit" | "settled" | "tasks" | "findings">;
    let hosts: string;
    let api: ScriptedApi;
    let directory: string;
    let processes: WorkerProcess[];
    beforeAll(async () => {
      zk = await connectTo(server.hosts);
    });
    afterAll(() => zk.close());
    beforeEach(async () => {
      const root = await server.freshRoot();
      hosts = server.hosts + root;
      processes = [];
      led = observer(
        teamOn(zk, `${root}/claude-orchestrator`),
        () => processes.map((each) => `${each.name}:\n${each.output()}`),
        SETTLED_MS,
      );
      api = await startScriptedApi();
      directory = mkdtempSync(join(tmpdir(), "leader-"));
    });
    afterEach(async () => {
      for (const each of processes) each.interrupt();
      await Promise.all(processes.map(({ ended }) => ended));
      await api.close();
      rmSync(directory, { recursive: true, force: true });
    });

    const place = (name: string): Place => {
      const cwd = join(directory, name);
      mkdirSync(cwd, { recursive: true });
      const env = { ...claudeEnvironment({ directory: cwd, apiUrl: api.url }), ZK_HOSTS: hosts };
      return { cwd, env };
    };
    /** A Leader, and a Worker of each role. */
    const start = async (...roles: string[]) => {
      const leader = startLeaderProcess(place("boss"), "boss", "--command", AGENT);
      const workers = roles.map((role) =>
        startWorkerProcess(place(role), role, "--role", role, "--command", AGENT)
      );
      processes = [leader, ...workers];
      await Promise.all([
        leader.printed("leads the team"),
        ...workers.map((worker) => worker.printed("at work in")),
      ]);
    };
    /** Sessions of the model by what they were for: one agent run each. */
    const runs = () => {
      const kinds = new Map<string, string>();
      for (const { session, prompt } of api.requests) kinds.set(session, kindOf(prompt));
      const counts: Record<string, number> = {};
      for (const kind of kinds.values()) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    };

    test.each([["five Workers", ROLES], ["one general Worker", ["general"]]])(
      "takes a requirement to its end with %s: one run for each link, and one for each decision",
      async (_, roles) => {
        api.play((request) => answer(request, () => PASS));
        await start(...roles);
        const { requirement, chains } = await led.settled("Make it so");
        expect(requirement).toMatchObject({ status: "completed", spent: { runs: 1 } });
        expect(chains).toMatchObject([{ status: "completed", round: 1, spent: { runs: 5 } }]);
        expect(runs()).toEqual({
          decompose: 1,
          plan: 1,
          build: 1,
          verify: 1,
          review: 1,
          accept: 1,
          "decide on plan": 1,
          "decide on build": 1,
          "decide on verify": 1,
          "decide on review": 1,
          "decide on accept": 1,
        });
        const asked = api.requests.filter(({ tools }) => tools.includes("StructuredOutput"));
        expect(asked.length).toBeGreaterThan(0);
        expect(asked.filter(({ tools }) => tools.includes("Bash"))).toEqual([]);
        const tasks = await led.tasks();
        expect(
          tasks.map(({ link, status, judgement, spent }) => [link, status, judgement, spent.runs]),
        )
          .toEqual(
            ["plan", "build", "verify", "review", "accept"].map((
              link,
            ) => [link, "completed", "passed", 1]),
          );
        expect(tasks.map(({ completed_by_name }) => completed_by_name)).toEqual(
          roles.length === 1 ? tasks.map(() => "general") : roles,
        );
        expect(await led.findings()).toEqual([]);
      },
      180_000,
    );

    test("sends verify back twice, and build once after a review that rejects", async () => {
      const asked: Record<string, number> = {};
      api.play((request) =>
        answer(request, (link) => {
          asked[link] = (asked[link] ?? 0) + 1;
          if (link === "verify" && asked[link] <= 2) {
            return { decision: "feedback", reason: "R2 is a gap", guidance: "Check R2 as well" };
          }
          return link === "review" && asked[link] === 1
            ? {
              decision: "reject",
              reason: "Too slow",
              guidance: "Make R1 fast",
              redo_link: "build",
            }
            : PASS;
        })
      );
      await start("general", "builder");
      const { requirement, chains } = await led.settled("Make it so");
      expect(requirement.status).toBe("completed");
      expect(chains[0]?.rounds.map(({ decision, link, redo }) => `${decision} ${link} ${redo}`))
        .toEqual(["feedback verify verify", "feedback verify verify", "reject review build"]);
      expect(asked).toEqual({ plan: 1, build: 2, verify: 4, review: 2, accept: 1 });
      const spent = (await led.tasks()).map((task) => [task.link, task.spent.runs]);
      expect(Object.fromEntries(spent)).toEqual({
        plan: 1,
        build: 2,
        verify: 4,
        review: 2,
        accept: 1,
      });
      const told = api.requests.filter(({ prompt, last }) =>
        `${prompt}${last}`.includes("Make R1 fast")
      );
      expect(told.length).toBeGreaterThan(0);
      expect(await led.findings()).toEqual([]);
    }, 180_000);
  });
});

/** What a session is for, by the first prompt of it. */
function kindOf(prompt: string): string {
  if (prompt.includes("Turn this requirement into work")) return "decompose";
  const judged = /has finished the \*\*(\w+)\*\* link/.exec(prompt)?.[1];
  return judged === undefined
    ? /\*\*(\w+)\*\* link/.exec(prompt)?.[1] ?? "?"
    : `decide on ${judged}`;
}

/** A model in a team where all goes well, but for what `decide` says of a link. */
function answer({ prompt, tools }: ModelRequest, decide: (link: string) => object): Turn {
  const kind = kindOf(prompt);
  if (!tools.includes("StructuredOutput")) return say(REPORT);
  if (kind === "decompose") return use("StructuredOutput", { chains: [FIVE_LINKS] });
  return use("StructuredOutput", { ...decide(kind.replace("decide on ", "")) });
}
