import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import type { NewTask } from "../../src/domain/task.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { claudeEnvironment, claudePath } from "../support/claude_cli.ts";
import {
  bash,
  inOrder,
  say,
  type ScriptedApi,
  startScriptedApi,
  use,
} from "../support/scripted_api.ts";
import { connectTo, PERSON } from "../support/task_team.ts";
import { startTelemetryCollector } from "../support/telemetry_collector.ts";
import { startTestWorker, teamOn, untilTask, type WorkerSetup } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const DONE = "All is well.\n\nStatus: done\nSummary: it is done";

describe.skipIf(claudePath() === undefined)("with the real Claude Code", () => {
  describeWithZooKeeper("Workers", (server) => {
    let clients: ZooKeeper[];
    let teams: Team[];
    let api: ScriptedApi;
    let directory: string;
    beforeAll(async () => {
      clients = await Promise.all([0, 1, 2].map(() => connectTo(server.hosts)));
    });
    afterAll(() => Promise.all(clients.map((zk) => zk.close())));
    beforeEach(async () => {
      const root = await server.freshRoot();
      teams = clients.map((zk) => teamOn(zk, root));
      api = await startScriptedApi(() => say(DONE));
      directory = mkdtempSync(join(tmpdir(), "worker-claude-"));
    });
    afterEach(async () => {
      await api.close();
      rmSync(directory, { recursive: true, force: true });
    });

    /** The team as the `index`th Worker's process sees it. */
    const team = (index = 0) => {
      const found = teams[index];
      if (found === undefined) throw new Error(`There is no client ${index}`);
      return found;
    };
    const push = (task: Partial<NewTask> = {}) =>
      team().tasks.push({ title: "Do it", ...task }, PERSON);
    const startClaude = (index: number, setup: Partial<WorkerSetup> = {}) => {
      const home = join(directory, `home-${index}`);
      mkdirSync(home);
      return startTestWorker(team(index), {
        name: `w${index}`,
        command: `${claudePath()} --permission-mode acceptEdits --allowedTools Bash`,
        ...setup,
        env: { ...claudeEnvironment({ directory: home, apiUrl: api.url }), ...setup.env },
      });
    };

    test("work through a queue together, each task run once", async () => {
      const workers = [0, 1, 2].map((index) => startClaude(index));
      await Promise.all(workers.map((worker) => worker.shown("at work")));
      const tasks = await team().tasks.pushMany(
        Array.from({ length: 9 }, (_, index) => ({ title: `Task ${index}` })),
        PERSON,
      );
      const done = await Promise.all(
        tasks.map(({ id }) => untilTask(team().tasks, id, "completed")),
      );
      expect(done.map(({ result, retry_count }) => [result, retry_count]))
        .toEqual(tasks.map(() => [DONE, 0]));
      expect(api.sessions()).toHaveLength(9);
      expect(new Set(done.map(({ evidence }) => evidence["session_id"]))).toEqual(
        new Set(api.sessions()),
      );
      workers.forEach((worker) => worker.leave());
      const summaries = await Promise.all(workers.map(({ ended }) => ended));
      expect(summaries.map(({ completed }) => completed).reduce((a, b) => a + b)).toBe(9);
      expect(summaries.reduce((sum, { cost_usd }) => sum + cost_usd, 0)).toBeCloseTo(0.054, 6);
    }, 180_000);

    test("a limit that one meets pauses all until its reset, and uses up no attempt", async () => {
      // From the first request on, however long that takes.
      let reset = 0;
      let refused = 0;
      api.play(() => {
        if (reset === 0) reset = Math.ceil(Date.now() / 1000) + 6;
        if (Date.now() >= reset * 1000) return say(DONE);
        refused++;
        return {
          type: "error",
          status: 429,
          headers: {
            "anthropic-ratelimit-unified-status": "rejected",
            "anthropic-ratelimit-unified-reset": String(reset),
            "anthropic-ratelimit-unified-representative-claim": "five_hour",
          },
        };
      });
      const env = { ANTHROPIC_API_KEY: "", CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-x" };
      const first = startClaude(0, { env });
      await first.shown("at work");
      const { id } = await push();
      await first.shown("The team pauses until");
      startClaude(1, { env });
      startClaude(2, { env });
      const others = await Promise.all([push(), push()]);
      const done = await Promise.all(
        [id, ...others.map((task) => task.id)].map((each) =>
          untilTask(team().tasks, each, "completed")
        ),
      );
      expect(refused).toBe(1);
      expect(done.map(({ retry_count }) => retry_count)).toEqual([0, 0, 0]);
      expect(done.every(({ completed_at }) => Date.parse(completed_at ?? "") >= reset * 1000))
        .toBe(true);
    }, 180_000);

    test("a lack of capacity is waited out, and uses up no attempt", async () => {
      const worker = startClaude(0);
      let busy = 2;
      api.play(() => busy-- > 0 ? { type: "error", status: 529 } : say(DONE));
      const { id } = await push();
      const task = await untilTask(team().tasks, id, "completed");
      expect(task.retry_count).toBe(0);
      expect(worker.lines.filter((line) => line.includes("Waiting"))).toHaveLength(2);
    });

    test("a denied tool is a failed attempt that names it", async () => {
      api.play(inOrder(use("Write", { file_path: "/etc/no", content: "x" }), say(DONE)));
      startClaude(0);
      const { id } = await push({ max_retries: 0 });
      const task = await untilTask(team().tasks, id, "failed");
      expect(task.fail_reason).toBe(
        "Nothing was done: these tools were denied: Write(/etc/no)",
      );
    });

    test("feedback on the same machine resumes the conversation, billed by the difference", async () => {
      const worker = startClaude(0);
      const { id } = await push({ verify: "test -e fixed", max_retries: 1 });
      api.play(inOrder(say(DONE), bash("touch fixed"), say(DONE)));
      const task = await untilTask(team().tasks, id, "completed");
      expect(task.retry_count).toBe(1);
      expect(api.sessions()).toHaveLength(1);
      expect(task.evidence["cost_usd"]).toBe("0.012000");
      worker.leave();
      expect(await worker.ended).toMatchObject({ completed: 1, cost_usd: 0.018 });
      const log = readFileSync(task.evidence["log"] ?? "", "utf8");
      expect(log).toContain("touch fixed");
    });

    test("a conversation that is not there any more is begun anew, in the same attempt", async () => {
      const retry = { firstMs: 2000, maxMs: 2000 };
      startClaude(0, { waits: { retry } });
      const { id } = await push({ verify: "test -e fixed", max_retries: 1 });
      api.play(({ answered, session }) => {
        const isFirst = session === api.sessions()[0];
        return isFirst || answered > 0 ? say(DONE) : bash("touch fixed");
      });
      const done = untilTask(team().tasks, id, "completed");
      const projects = join(directory, "home-0/home/.claude/projects");
      await untilTask(team().tasks, id, (task) => task.retry_count === 1);
      rmSync(projects, { recursive: true, force: true });
      expect(await done).toMatchObject({ retry_count: 1 });
      expect(api.sessions()).toHaveLength(2);
    });

    test("their agents' telemetry says which task it is about", async () => {
      const collector = await startTelemetryCollector();
      startClaude(0, {
        env: {
          CLAUDE_CODE_ENABLE_TELEMETRY: "1",
          OTEL_METRICS_EXPORTER: "otlp",
          OTEL_LOGS_EXPORTER: "otlp",
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_RESOURCE_ATTRIBUTES: "department=a%2Cb",
          ZK_ROOT_PATH: "/ä team, first=best",
        },
      });
      const { id } = await push({ link: "build" });
      await untilTask(team().tasks, id, "completed");
      await collector.close();
      expect(collector.resources.length).toBeGreaterThan(0);
      for (const resource of collector.resources) {
        expect(resource).toMatchObject({
          "service.name": "claude-code",
          department: "a,b",
          "claude_orchestrator.root": "/ä team, first=best",
          "claude_orchestrator.member_name": "w0",
          "claude_orchestrator.task_id": id,
          "claude_orchestrator.link": "build",
        });
      }
    });

    test("an agent that finds its plan logged out makes its Worker pause, not fail", async () => {
      api.play(() => ({ type: "error", status: 401 }));
      const worker = startClaude(0);
      const { id } = await push();
      await worker.shown("log in with /login");
      expect(await untilTask(team().tasks, id, "pending")).toMatchObject({ retry_count: 0 });
      api.play(() => say(DONE));
      await untilTask(team().tasks, id, "completed");
    });
  });
});
