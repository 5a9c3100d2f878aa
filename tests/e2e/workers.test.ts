import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { endOrphans } from "../../src/agent/orphans.ts";
import type { Team } from "../../src/coordination/team.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { place as placeOf } from "../../src/domain/place.ts";
import { addSpent } from "../../src/domain/spent.ts";
import type { NewTask } from "../../src/domain/task.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { claudeEnvironment, claudePath } from "../support/claude_cli.ts";
import { bash, inOrder, say, type ScriptedApi, startScriptedApi } from "../support/scripted_api.ts";
import { connectTo, PERSON } from "../support/task_team.ts";
import { teamOn, untilTask } from "../support/worker_bench.ts";
import {
  command,
  EXECUTABLE,
  type Place,
  startWorkerProcess,
  type WorkerProcess,
} from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const DONE = "All is well.\n\nStatus: done\nSummary: it is done";
/** As the default command does, but with the tests' own Claude Code. */
const ITS_OWN_COMMANDS = '"Bash(claude-orchestrator *)"';

describe.skipIf(claudePath() === undefined || !existsSync(EXECUTABLE))("Worker processes", () => {
  describeWithZooKeeper("with the real Claude Code", (server) => {
    let zk: ZooKeeper;
    let team: Team;
    let hosts: string;
    let api: ScriptedApi;
    let directory: string;
    let workers: WorkerProcess[];
    beforeAll(async () => {
      zk = await connectTo(server.hosts);
    });
    afterAll(() => zk.close());
    beforeEach(async () => {
      const root = await server.freshRoot();
      hosts = server.hosts + root;
      team = teamOn(zk, `${root}/claude-orchestrator`);
      api = await startScriptedApi(() => say(DONE));
      directory = mkdtempSync(join(tmpdir(), "workers-"));
      workers = [];
    });
    afterEach(async () => {
      for (const worker of workers) worker.kill();
      await Promise.all(workers.map(({ ended }) => ended));
      for (const id of await idsOf(workers)) await endOrphans(id, {}, systemClock);
      await api.close();
      rmSync(directory, { recursive: true, force: true });
    });

    /** Ids under which Workers have registered, from the configuration that they keep. */
    const idsOf = async (all: readonly WorkerProcess[]): Promise<InstanceId[]> => {
      const found = await Promise.all(
        all.map(({ name }) => team.members.find(name).catch(() => null)),
      );
      return found.flatMap((member) => member === null ? [] : [member.id]);
    };
    const place = (name: string): Place => {
      const cwd = join(directory, name);
      mkdirSync(cwd, { recursive: true });
      const env = {
        ...claudeEnvironment({ directory: cwd, apiUrl: api.url }),
        ZK_HOSTS: hosts,
        CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: "4s",
      };
      return { cwd, env };
    };
    const start = async (name: string, allowed = "Bash") => {
      const agent = `${claudePath()} --permission-mode acceptEdits --allowedTools ${allowed}`;
      const worker = startWorkerProcess(place(name), name, "--command", agent);
      workers.push(worker);
      await worker.printed("at work in");
      return worker;
    };
    const push = (task: Partial<NewTask> = {}) =>
      team.tasks.push({ title: "Do it", ...task }, PERSON);

    test(
      "three of them finish what is pushed, each task run once, and say what it cost",
      async () => {
        const three = await Promise.all(["ann", "bob", "cid"].map((name) => start(name)));
        const ids = Array.from({ length: 6 }, (_, index) => {
          const task = command(place("me"), "push-task", "--title", `Task ${index}`) as {
            id: string;
          };
          return task.id;
        });
        const tasks = await Promise.all(
          ids.map((id) =>
            untilTask(team.tasks, id as Parameters<typeof team.tasks.get>[0], "completed")
          ),
        );
        expect(tasks.map(({ result, retry_count }) => [result, retry_count]))
          .toEqual(ids.map(() => [DONE, 0]));
        expect(api.sessions()).toHaveLength(6);
        for (const worker of three) worker.interrupt();
        expect(await Promise.all(three.map(({ ended }) => ended))).toEqual(
          three.map(() => ({ code: expect.any(Number), signal: null })),
        );
        const completed = three.map((worker) =>
          Number(/"completed": (\d+)/.exec(worker.output())?.[1])
        );
        expect(completed.reduce((sum, each) => sum + each)).toBe(6);
        expect(await team.members.list()).toEqual([]);
      },
      180_000,
    );

    test("an agent calls claude-orchestrator, and acts as its Worker", async () => {
      await start("ann", ITS_OWN_COMMANDS);
      api.play(({ prompt, answered }) => {
        const id = /task-\d{10}/.exec(prompt)?.[0];
        return [
          bash("claude-orchestrator set-context --key answer --value 42"),
          bash(`claude-orchestrator task-show --task-id ${id}`),
        ][answered] ?? say(DONE);
      });
      const { id } = await push({ title: "Find the answer" });
      const task = await untilTask(team.tasks, id, "completed");
      expect(task.evidence["denied"]).toBeUndefined();
      const entry = await team.context.get("answer");
      expect(entry).toMatchObject({ value: "42", updated_by_name: "ann" });
      expect(api.requests.at(-1)?.last).toContain("Find the answer");
    }, 180_000);

    test(
      "one killed in the middle of a run loses nothing, its cost included, and leaves nothing running",
      async () => {
        const first = await start("ann");
        // Of this one it learns what a token costs.
        await untilTask(team.tasks, (await push()).id, "completed");
        const marker = join(directory, "pid");
        api.play(inOrder(bash(`echo $$ > ${marker}; exec tail -f /dev/null`)));
        const { id } = await push();
        while (!existsSync(marker) || readFileSync(marker, "utf8") === "") {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        const orphan = Number(readFileSync(marker, "utf8"));
        const held = await untilTask(team.tasks, id, "in_progress");
        const entry = team.tree.path("tasks", ...placeOf(held));
        while ((await zk.exists(entry))?.dataLength === 0) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        first.kill();
        await first.ended;
        const died = Date.now();
        api.play(() => say(DONE));
        await start("bob");
        const task = await untilTask(team.tasks, id, "completed");
        expect(task.completed_by_name).toBe("bob");
        expect(task.retry_count).toBe(1);
        const run = { cost_usd: 0.006, input_tokens: 1000, output_tokens: 100, runs: 1 };
        const recovered = task.history.find(({ action }) => action === "recover");
        expect(recovered?.spent).toEqual(run);
        expect(task.spent).toEqual(addSpent(run, run));
        expect(await team.spent.read()).toEqual(addSpent(run, run, run));
        expect(Date.parse(task.completed_at ?? "") - died).toBeLessThan(20_000);
        expect(isRunning(orphan)).toBe(true);
        const again = await start("ann");
        expect(again.output()).toContain("Ended 1 run(s)");
        expect(isRunning(orphan)).toBe(false);
      },
      180_000,
    );

    test("Ctrl+C once lets the run end, twice stops it and gives the task back", async () => {
      const once = await start("ann");
      const gate = join(directory, "go");
      const began = join(directory, "began");
      const wait = `echo x > ${began}; until [ -e ${gate} ]; do sleep 0.1; done`;
      api.play(inOrder(bash(`echo start; ${wait}`), say(DONE)));
      const first = await push();
      await once.printed("→ Bash");
      once.interrupt();
      await once.printed("Leaving after 1 run(s)");
      writeFileSync(gate, "");
      await once.ended;
      expect(await team.tasks.get(first.id)).toMatchObject({ status: "completed", retry_count: 0 });

      const twice = await start("bob");
      api.play(() => ({ type: "hang" }));
      const asked = api.requests.length;
      const second = await push();
      await api.waitForRequest((request) => api.requests.indexOf(request) >= asked);
      twice.interrupt();
      await twice.printed("Leaving after 1 run(s)");
      twice.interrupt();
      await twice.ended;
      expect(await team.tasks.get(second.id)).toMatchObject({ status: "pending", retry_count: 0 });
      const [bob] = await idsOf([twice]);
      expect(bob && await endOrphans(bob, {}, systemClock)).toBe(0);
      const logs = readdirSync(join(directory, "bob/home/.claude-orchestrator/sessions"));
      expect(logs.filter((name) => name.endsWith(".log"))).toHaveLength(1);
    }, 180_000);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
