import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { change } from "../../src/coordination/tasks/change.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { TaskId } from "../../src/domain/ids.ts";
import { reopen } from "../../src/domain/judging.ts";
import { makeStep } from "../../src/domain/step.ts";
import type { NewTask, Task } from "../../src/domain/task.ts";
import { claudeEnvironment, claudePath } from "../support/claude_cli.ts";
import { useClient } from "../support/live.ts";
import { bash, inOrder, say, type ScriptedApi, startScriptedApi } from "../support/scripted_api.ts";
import { claimer, PERSON, taskTeam } from "../support/task_team.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import {
  firstMessage,
  startTestWorker,
  teamOn,
  untilTask,
  type WorkerSetup,
} from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const LEADER = claimer("leader", "leader");
const LONG = "Each of the three commands has to be run with an empty list as well. ".repeat(50);
/** As the scripted API counts one answer. */
const ONE = { cost_usd: 0.006, input_tokens: 1000, output_tokens: 100, runs: 1 };

const report = (verdict: string) =>
  say(`I looked.\n\nLink: verify\nStatus: done\nSummary: s\nVerdict: ${verdict}\nPassed: R1`);

describe.skipIf(claudePath() === undefined)("with the real Claude Code", () => {
  describeWithZooKeeper("a Worker, on links that are judged,", (server) => {
    const zk = useClient(server);
    let team: Team;
    let api: ScriptedApi;
    beforeEach(async () => {
      team = teamOn(zk, await server.freshRoot());
      api = await startScriptedApi();
      return () => api.close();
    });

    const store = () => taskTeam(zk, team.tree.root).store;
    /** A task with what only a Leader gives it; pushed before there is a Worker. */
    const pushLink = async (task: Partial<NewTask>, given: Partial<Task>): Promise<TaskId> => {
      const { id } = await team.tasks.push({ title: "Check it", ...task }, PERSON);
      const act = store().act(PERSON);
      const named = { action: "reassign", type: "task_reassigned" } as const;
      await change(store(), id, act, (found) => makeStep(found.task, act, given, named));
      return id;
    };
    const startClaude = (setup: Partial<WorkerSetup> = {}) => {
      const home = join(temporaryDirectory(), "home");
      mkdirSync(home);
      return startTestWorker(team, {
        command: `${claudePath()} --permission-mode acceptEdits --allowedTools Bash`,
        ...setup,
        env: claudeEnvironment({ directory: home, apiUrl: api.url }),
      });
    };

    test("hands in what a decision needs, and goes on with the guidance in the same conversation", async () => {
      const id = await pushLink(
        { link: "verify", description: "Check the <thing>", verify: "test -d ." },
        { judgement: "awaited" },
      );
      api.play(() => report("gap"));
      startClaude();
      const first = await untilTask(team.tasks, id, "completed");
      expect(first).toMatchObject({ reports: 1, spent: ONE });
      expect(first.evidence).toMatchObject({
        verdict: "feedback",
        missing: "gaps, failures, evidence",
        verify: "passed: test -d .",
        verify_log: expect.stringContaining("-verify.log"),
        result_path: expect.stringContaining("-result.md"),
        log: expect.stringContaining(".log"),
        cost_usd: "0.006000",
      });
      const act = store().act(PERSON);
      const guidance = {
        time: act.now,
        round: 1,
        by_name: "Lea",
        link: "verify",
        text: LONG,
      } as const;
      await change(
        store(),
        id,
        act,
        ({ task }) =>
          reopen(task, act, {
            unmet: [],
            terms: null,
            guidance,
            reason: LONG,
            keepsResult: false,
          }),
      );
      const second = await untilTask(team.tasks, id, ({ reports }) => reports === 2);
      expect(second).toMatchObject({ status: "completed", spent: { cost_usd: 0.012, runs: 2 } });
      expect(api.sessions()).toHaveLength(1);
      const [, again] = api.requests;
      expect(again?.prompt).toContain("Check the <thing>");
      expect(again?.last).toContain(`round 1, verify judged by Lea: ${LONG}`);
      expect(again?.last.split(LONG)).toHaveLength(2);
      expect(again?.last).toContain("\nVerdict: pass | gap | failure\n");
      expect(again?.last).not.toContain("Check the <thing>");
    });

    test("completes one whose agent gives no verdict: that is for the Leader to judge", async () => {
      const id = await pushLink({ link: "review" }, { judgement: "awaited" });
      api.play(() => say("It looks fine to me."));
      startClaude();
      const task = await untilTask(team.tasks, id, "completed");
      expect(task).toMatchObject({ reports: 1, result: "It looks fine to me." });
      expect(task.evidence).not.toHaveProperty("verdict");
      expect(task.evidence).toMatchObject({
        missing: "link, status, summary, verdict, findings, redo",
      });
    });

    test("gives its agent what the budget has left, and starts none when it is spent", async () => {
      const id = await pushLink({}, { budget_usd: 0.01 });
      api.play(() => bash("echo again"));
      const worker = startClaude({ settings: { budget: { budgetUsd: 5 } } });
      const spent = await untilTask(team.tasks, id, "failed");
      expect(spent.fail_reason).toMatch(/^Budget spent: /);
      expect(spent.retry_count).toBe(0);
      expect(spent.spent.cost_usd).toBeGreaterThanOrEqual(0.01);
      const asked = api.requests.length;
      await team.tasks.retry(id, PERSON);
      await worker.shown(`${id} failed: Budget spent: $0.012 of $0.01`);
      const refused = await team.tasks.get(id);
      expect(refused).toMatchObject({
        status: "failed",
        retry_count: 1,
        fail_reason: "Budget spent: $0.012 of $0.01",
        spent: spent.spent,
      });
      expect(api.requests).toHaveLength(asked);
    });

    test("stops an agent that uses more tokens than are left, and hands in the failure", async () => {
      const before = { ...ONE, input_tokens: 7000 };
      const id = await pushLink({ link: "build" }, {
        judgement: "awaited",
        spent: before,
        budget_tokens: 9000,
      });
      api.play(({ answered }) => bash(answered < 1 ? "echo again" : "tail -f /dev/null"));
      startClaude();
      const task = await untilTask(team.tasks, id, "failed");
      expect(task.fail_reason).toBe("Budget spent: It had used 2200 tokens, and was stopped");
      expect(task).toMatchObject({ reports: 1, spent: { input_tokens: 9000, output_tokens: 300 } });
      const [failed] = (await team.journal.read({ taskId: id })).filter(({ type }) =>
        type === "task_failed"
      );
      expect(failed?.data).toMatchObject({ spent: { input_tokens: 2000, runs: 1 } });
    });

    test("tells with the answer to a message what it has cost", async () => {
      await team.members.attach(LEADER, { isAlive: () => true });
      api.play(inOrder(bash("echo look"), say("Here it is.\n\nStatus: done\nSummary: s")));
      const worker = startClaude();
      await worker.shown("at work");
      const from = { id: LEADER.id, name: "Leader" };
      await team.inbox.send({ type: "direct", to: [worker.id], from, content: "Where is it?" });
      const answer = await firstMessage(team.inbox, LEADER.id);
      const events = await team.journal.read();
      const sent = events.find(({ data }) => data?.["message_id"] === answer.id);
      expect(sent?.data).toMatchObject({
        spent: { cost_usd: 0.012, input_tokens: 2000, output_tokens: 200, runs: 1 },
      });
    });
  });
});
