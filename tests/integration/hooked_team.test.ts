import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { JournalEvent } from "../../src/domain/event.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { fileAppears } from "../support/awaited_file.ts";
import { until } from "../support/candidates.ts";
import { inProcess, openShell } from "../support/command_shell.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const RECORD = `sh -c 'echo "$CLAUDE_ORCHESTRATOR_EVENT $CLAUDE_ORCHESTRATOR_TASK_ID" >> hooked'`;
const AGENT = `sh -c 'cat > prompt; echo "Status: done"; echo "Summary: well"'`;
const env = { PATH: process.env["PATH"] ?? "" };

/** A project with these hooks, in which commands are run. */
async function project(server: ZooKeeperServer, hooks: Record<string, unknown>, more: object = {}) {
  const shell = openShell(inProcess, `${server.hosts}${await server.freshRoot()}`);
  onTestFinished(() => shell.remove());
  mkdirSync(join(shell.directory, ".claude-orchestrator"));
  const config = { hooks, cache_dir: "cache", command: AGENT, ...more };
  const path = join(shell.directory, ".claude-orchestrator/config.json");
  writeFileSync(path, JSON.stringify(config));
  const start = (...argv: string[]) => {
    const running = shell.start(argv, { env });
    onTestFinished(async () => {
      running.interrupt();
      await running.ended;
    });
    return running;
  };
  const events = async (): Promise<JournalEvent[]> => {
    const { stdout } = await shell.run("events", "--since", "1h");
    return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  };
  return {
    ...shell,
    begin: start,
    at: (name: string) => join(shell.directory, name),
    events,
    untilEvents: (isEnough: (events: JournalEvent[]) => boolean) =>
      until(async () => isEnough(await events()), 60_000),
    lines: () => readFileSync(join(shell.directory, "hooked"), "utf8").trim().split(/\s*\n/),
  };
}

const ranOf = (events: JournalEvent[]) => events.filter(({ type }) => type === "hook_ran");

describeWithZooKeeper("the hooks of a team", (server) => {
  test("a Worker runs its own from claim to end, and those of what is left when it leaves", async () => {
    const team = await project(server, {
      task_claimed: RECORD,
      task_started: RECORD,
      task_completed: RECORD,
      message_received: RECORD,
    });
    const worker = team.begin("register", "--name", "Tom", "--work-dir", ".");
    await team.untilEvents((events) => events.some(({ type }) => type === "member_joined"));
    await team.json("push-task", "--title", "x; touch hit", "-i", "Tom");
    await team.untilEvents((events) => events.some(({ type }) => type === "task_completed"));
    worker.interrupt();
    const { status, stdout } = await worker.ended;
    expect([status, JSON.parse(stdout).tasks?.completed ?? JSON.parse(stdout).completed])
      .toEqual([0, 1]);
    // Those of different points run side by side.
    expect(team.lines().sort()).toEqual([
      "task_claimed task-0000000001",
      "task_completed task-0000000001",
      "task_started task-0000000001",
    ]);
    expect(existsSync(team.at("hit"))).toBe(false);
    const told = ranOf(await team.events());
    expect(told.map(({ data, by_name }) => [by_name, data?.["outcome"]]))
      .toEqual([["Tom", "ok"], ["Tom", "ok"], ["Tom", "ok"]]);
  });

  test("one that hangs, one that fails and one that is missing leave the work as it is", async () => {
    const team = await project(server, {
      task_claimed: "sleep 600",
      task_started: "no-such-program",
      task_completed: `sh -c 'exit 3'`,
    }, { limits: { hook_timeout: "1s" } });
    const worker = team.begin("register", "--name", "Tom", "--work-dir", ".");
    await team.untilEvents((events) => events.some(({ type }) => type === "member_joined"));
    const started = systemClock.monotonic();
    await team.json("push-task", "--title", "one", "-i", "Tom");
    await team.json("push-task", "--title", "two", "-i", "Tom");
    const ended = (events: JournalEvent[]) =>
      events.filter(({ type }) => type === "task_completed");
    await team.untilEvents((events) => ended(events).length === 2);
    expect(systemClock.monotonic() - started).toBeLessThan(20_000);
    await team.untilEvents((events) => ranOf(events).length === 6);
    worker.interrupt();
    const { stderr } = await worker.ended;
    const outcomes = ranOf(await team.events()).map(({ data }) =>
      `${data?.["point"]} ${data?.["outcome"]}`
    );
    expect(outcomes.sort()).toEqual([
      "task_claimed timed_out",
      "task_claimed timed_out",
      "task_completed failed",
      "task_completed failed",
      "task_started not_started",
      "task_started not_started",
    ]);
    expect(stderr).toContain("Hook task_claimed: It ran for longer than 1000 ms and was ended");
  });

  test(
    "those of chains and decisions run once, in the Leader that acts, also the last ones",
    async () => {
      const team = await project(server, {
        chain_opened: RECORD,
        chain_completed: RECORD,
        decision_made: RECORD,
      });
      const leader = team.begin("leader", "--name", "Boss", "--no-screen", "--agent", "rehearsal");
      await team.untilEvents((events) => events.some(({ type }) => type === "leader_elected"));
      team.begin("leader", "--name", "Deputy", "--standby", "--no-screen", "--agent", "rehearsal");
      team.begin("register", "--name", "Tom", "--work-dir", ".", "--agent", "rehearsal");
      team.begin("register", "--name", "Ann", "--work-dir", ".", "--agent", "rehearsal");
      await team.json("submit", "Add a greeting", "-i", "Tom");
      await team.untilEvents((events) => events.some(({ type }) => type === "chain_completed"));
      leader.interrupt();
      await leader.ended;
      const events = await team.events();
      const count = (...types: string[]) =>
        events.filter(({ type }) => types.includes(type)).length;
      const hooked = team.lines().map((line) => line.split(" ")[0]);
      expect(hooked.filter((point) => point === "chain_opened")).toHaveLength(
        count("chain_opened"),
      );
      expect(hooked.filter((point) => point === "chain_completed")).toHaveLength(1);
      expect(hooked.filter((point) => point === "decision_made"))
        .toHaveLength(count("decision_stored"));
      expect(count("decision_stored")).toBeGreaterThan(2);
      expect(new Set(ranOf(events).map(({ by_name }) => by_name))).toEqual(new Set(["Boss"]));
    },
    180_000,
  );

  test("each role has its agent: what codex and gemini are given, by stand-ins of their names", async () => {
    const team = await project(server, {}, {
      roles: {
        builder: { command: "./codex exec --sandbox workspace-write -" },
        verifier: { command: "./gemini --approval-mode=yolo -p" },
      },
    });
    mkdirSync(team.at(".claude-orchestrator/roles/tester"), { recursive: true });
    const memory =
      "<!-- claude-orchestrator -->\nTesters test {{name}} $&.\n<!-- /claude-orchestrator -->\n";
    writeFileSync(team.at(".claude-orchestrator/roles/tester/CLAUDE.md"), memory);
    const standIn = (refuses: string) =>
      `#!/bin/sh\n${refuses}\necho "$0 $*" >> ran\ncat >> prompts\necho "Status: done"\n`;
    writeFileSync(team.at("codex"), standIn('test "$1" = exec || exit 2'), { mode: 0o755 });
    writeFileSync(
      team.at("gemini"),
      standIn('for last; do :; done; test "$last" != -p || exit 42'),
      { mode: 0o755 },
    );
    const bob = team.begin("register", "--name", "Bob", "--role", "builder", "--work-dir", ".");
    const eve = team.begin("register", "--name", "Eve", "--role", "verifier", "--work-dir", ".");
    const gil = team.begin("register", "--name", "Gil", "--role", "tester", "--work-dir", ".");
    for (const role of ["builder", "verifier", "tester"]) {
      await team.json("push-task", "--title", `by ${role}`, "--role", role, "-i", "Bob").catch(
        async () => {
          await team.untilEvents((events) => events.some(({ by_name }) => by_name === "Bob"));
          await team.json("push-task", "--title", `by ${role}`, "--role", role, "-i", "Bob");
        },
      );
    }
    await team.untilEvents((events) =>
      events.filter(({ type }) => type === "task_completed").length === 3
    );
    const ran = readFileSync(team.at("ran"), "utf8").trim().split("\n").sort();
    expect(ran).toEqual([
      "./codex exec --sandbox workspace-write -",
      "./gemini --approval-mode=yolo",
    ]);
    expect(readFileSync(team.at("prompts"), "utf8")).toContain("by verifier");
    await fileAppears(team.at("prompt"));
    expect(readFileSync(team.at("prompt"), "utf8"))
      .toMatch(/^Testers test \{\{name\}\} \$&\.\n\n[^]*by tester/);
    for (const worker of [bob, eve, gil]) worker.interrupt();
    expect((await eve.ended).stderr).toContain("-p without a prompt is left out");
  });

  test("a role's model and limits are given to a claude command, an option's win", async () => {
    const team = await project(server, {}, {
      model: "haiku",
      limits: { max_turns: 3 },
      roles: { builder: { command: "./claude", model: "opus", max_turns: 9, budget_usd: 2 } },
    });
    const claude = '#!/bin/sh\necho "$*" > "args.$CLAUDE_ORCHESTRATOR_TASK_ID"\ncat > /dev/null\n' +
      `echo '{"type":"result","subtype":"success","is_error":false,"result":"Status: done",` +
      `"session_id":"s","num_turns":1,"total_cost_usd":0}'\n`;
    writeFileSync(team.at("claude"), claude, { mode: 0o755 });
    const done = (count: number) =>
      team.untilEvents((events) =>
        events.filter(({ type }) => ["task_completed", "task_failed"].includes(type)).length >=
          count
      );
    const worker = team.begin("register", "--name", "Bob", "--role", "builder", "--work-dir", ".");
    await team.untilEvents((events) => events.some(({ by_name }) => by_name === "Bob"));
    await team.json("push-task", "--title", "x", "-i", "Bob");
    await done(1);
    worker.interrupt();
    await worker.ended;
    const args = readFileSync(team.at("args.task-0000000001"), "utf8");
    expect(args).toContain("--max-turns 9");
    expect(args).toContain("--max-budget-usd 2");
    expect(args).toMatch(/--model opus\n$/);
    team.begin(
      "register",
      "--name",
      "Bob",
      "--role",
      "builder",
      "--work-dir",
      ".",
      "--max-turns",
      "5",
    );
    await team.json("push-task", "--title", "y", "-i", "Bob");
    await done(2);
    expect(readFileSync(team.at("args.task-0000000002"), "utf8")).toContain("--max-turns 5");
  });
});
