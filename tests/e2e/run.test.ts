import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { RunOutput } from "../../cmd/schemas.ts";
import { git, write } from "../support/git_bench.ts";
import { hasTmux, TmuxTerminal } from "../support/tmux.ts";
import { type RunMachine, runMachine, workersIn } from "../support/run_bench.ts";
import { EXECUTABLE } from "../support/worker_process.ts";

const REHEARSAL = ["--agent", "rehearsal", "--rehearse"];
const QUICK = [...REHEARSAL, "time=40ms"];
const HELLO = "Say hello";
/** Passes only where the builder has been at it a second time. */
const SECOND_RUN = "grep -rq ^Run.2 rehearsal";

/** What a run must leave as it is: the user's tree, and that nobody is at work there. */
function leftBehind(directory: string): unknown {
  return {
    status: git(directory, "status", "--porcelain"),
    branch: git(directory, "symbolic-ref", "--short", "HEAD"),
    temporary: readdirSync(join(directory, ".claude-orchestrator/worktrees"))
      .filter((name) => name.startsWith(".")),
    workers: workersIn(directory),
  };
}
const NOTHING = { status: "", branch: "main", temporary: [], workers: [] };

describe.skipIf(!existsSync(EXECUTABLE))("run", () => {
  test.each([1, 3, 5])("takes a requirement to its end with %i Workers", async (count) => {
    const machine = await runMachine();
    const repo = machine.repository("it's a “repo”\né");
    const end = await machine.run(repo, ...QUICK, "--worker", String(count), "Say", "hello");
    expect(end.stderr).toContain("Started the embedded coordinator");
    expect(end.status).toBe(0);
    const outcome = RunOutput.parse(JSON.parse(end.stdout));
    const tip = git(repo, "rev-parse", "main");
    expect(outcome).toMatchObject({
      outcome: "completed",
      rounds: 0,
      tasks: 4,
      deliveries: [{ commit: tip, merged: { into: "main", commit: tip }, reason: null }],
    });
    expect(git(repo, "diff", "--name-only", "main~1", "main"))
      .toBe("rehearsal/task-0000000001.md");
    expect(git(repo, "log", "-1", "--format=%an %s", "main")).toBe("Ada Build: Say hello");
    expect(readdirSync(repo).sort())
      .toEqual([".claude-orchestrator", ".git", "README.md", "rehearsal"]);
    expect(leftBehind(repo)).toEqual(NOTHING);
  }, 180_000);

  test("has members of its own, as whomever its terminal acts", async () => {
    const machine = await runMachine({ CLAUDE_ORCHESTRATOR_INSTANCE_ID: "Jerry" });
    const repo = machine.repository("repo");
    const end = await machine.run(repo, ...QUICK, "--quiet", "--worker", "2", HELLO);
    expect(JSON.parse(end.stdout)).toMatchObject({ outcome: "completed" });
    expect(end.stderr).toBe("");
    const config = readFileSync(join(repo, ".claude-orchestrator/config.json"), "utf8");
    const ids = Object.values(JSON.parse(config).instances);
    expect(ids).toHaveLength(3);
    expect(new Set([...ids, "Jerry"]).size).toBe(4);
  }, 180_000);

  test("two in two repositories of one name at once do not mix", async () => {
    const machine = await runMachine();
    for (const side of ["a", "b"]) mkdirSync(join(machine.directory, side));
    const repos = ["a/same", "b/same"].map((name) => machine.repository(name));
    const outcomes = await Promise.all(
      repos.map((repo, at) => machine.outcome(repo, [...QUICK, "--worker", "1", `Part ${at}`])),
    );
    expect(outcomes.map(({ requirement }) => requirement.id))
      .toEqual(["req-0000000001", "req-0000000001"]);
    for (const [at, repo] of repos.entries()) {
      expect(git(repo, "log", "--format=%s", "main")).toBe(`Build: Part ${at}\nBegin`);
      expect(leftBehind(repo)).toEqual(NOTHING);
    }
  }, 180_000);

  test.each([1, 2])(
    "ends in order with Ctrl+C (%i), and goes on where it stopped",
    async (times) => {
      const machine = await runMachine();
      const repo = machine.repository("repo");
      // Once, what runs may come to its end; twice, nobody waits for it.
      const script = times === 1 ? "time=3s,seed=2" : "time=100ms,hang@build,patience=600s";
      const first = machine.start(repo, [...REHEARSAL, script, "--worker", "2", HELLO]);
      await first.printed('"task_started"');
      for (let nth = 0; nth < times; nth++) first.kill("SIGINT");
      expect((await first.ended).status).toBe(130);
      expect(leftBehind(repo)).toEqual(NOTHING);
      expect(git(repo, "log", "--format=%s", "main")).toBe("Begin");
      const again = await machine.outcome(repo, [...QUICK, "--worker", "2", HELLO]);
      expect(again).toMatchObject({ outcome: "completed", requirement: { id: "req-0000000001" } });
      expect(git(repo, "log", "--format=%s", "main")).toBe("Build: Say hello\nBegin");
    },
    180_000,
  );

  test(
    "killed in the middle it leaves no Worker, and comes to the same end when it is run again",
    async () => {
      const machine = await runMachine();
      const repo = machine.repository("repo");
      const argv = ["--worker", "2", HELLO];
      const first = machine.start(repo, [...REHEARSAL, "time=3s", ...argv]);
      await first.printed('"task_started"');
      first.kill("SIGKILL");
      await first.ended;
      await expect.poll(() => workersIn(repo), { timeout: 60_000, interval: 100 }).toEqual([]);
      rmSync(join(repo, ".claude-orchestrator/worktrees/builder"), { recursive: true });
      const again = await machine.outcome(repo, [...QUICK, ...argv]);
      expect(again).toMatchObject({ outcome: "completed", requirement: { id: "req-0000000001" } });
      expect(git(repo, "log", "--format=%s", "main")).toBe("Build: Say hello\nBegin");
      expect(leftBehind(repo)).toEqual(NOTHING);
    },
    180_000,
  );

  test("a conflict goes back to the builder, whose next commit is the merge", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const script = "time=100ms,conflict@build#1,slow@accept#1";
    const run = machine.start(repo, [...REHEARSAL, script, "--worker", "1", HELLO]);
    await run.printed('"task_passed"');
    write(repo, { "rehearsal/shared.md": "# Mine\n" });
    git(repo, "add", "--all");
    git(repo, "commit", "--quiet", "-m", "Mine");
    const { status, stdout } = await run.ended;
    expect(status).toBe(0);
    const { chains: [chain], rounds, deliveries } = JSON.parse(stdout);
    expect(rounds).toBe(1);
    expect(chain.rounds[0]).toMatchObject({ redo: "build" });
    expect(chain.rounds[0].reason).toContain('in conflict: "rehearsal/shared.md"');
    expect(deliveries).toMatchObject([{ merged: { into: "main" }, reason: null }]);
    const shared = readFileSync(join(repo, "rehearsal/shared.md"), "utf8");
    expect(shared).toContain("# Mine\n");
    expect(shared).toContain("Run 1 of task-0000000001");
    expect(shared).not.toMatch(/^[<=>]{7}/m);
    expect(git(repo, "log", "--format=%s", "--first-parent", "main")).toContain(
      'Merge "main", in conflict',
    );
    expect(leftBehind(repo)).toEqual(NOTHING);
  }, 180_000);

  test("a check that fails goes back to the builder, and passes then", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const argv = [...QUICK, "--worker", "1", "--check", SECOND_RUN, HELLO];
    const outcome = await machine.outcome(repo, argv);
    expect(outcome).toMatchObject({ outcome: "completed", rounds: 1 });
    expect(outcome.chains[0]?.rounds[0]?.reason).toContain("The check fails");
    expect(git(repo, "log", "--format=%s", "main"))
      .toBe("Build: Say hello\nBuild: Say hello\nBegin");
  }, 180_000);

  test("Ctrl+C ends a check, too; nothing is merged, and the next run begins with it", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const mark = join(machine.directory, "checking");
    const check = `sh -c "echo > '${mark}'; sleep 60"`;
    const first = machine.start(repo, [...QUICK, "--worker", "1", "--check", check, HELLO]);
    await expect.poll(() => existsSync(mark), { timeout: 60_000 }).toBe(true);
    const before = performance.now();
    first.kill("SIGINT");
    expect((await first.ended).status).toBe(130);
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(leftBehind(repo)).toEqual(NOTHING);
    expect(git(repo, "log", "--format=%s", "main")).toBe("Begin");
    const again = await machine.outcome(repo, [...QUICK, "--worker", "1", HELLO]);
    expect(again).toMatchObject({ rounds: 0, requirement: { id: "req-0000000001" } });
    expect(git(repo, "log", "--format=%s", "main")).toBe("Build: Say hello\nBegin");
  }, 180_000);

  test("work that never passes the check is left on its branch, which is named", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const argv = [...QUICK, "--worker", "1", "--max-rounds", "1", "--check", "false", HELLO];
    const outcome = await machine.outcome(repo, argv, 1);
    expect(outcome).toMatchObject({ outcome: "failed", rounds: 1, deliveries: [{ merged: null }] });
    const [delivery] = outcome.deliveries;
    expect(delivery?.reason).toContain(delivery?.branch);
    expect(git(repo, "rev-parse", delivery?.branch ?? "")).toBe(delivery?.commit);
    expect(git(repo, "log", "--format=%s", "main")).toBe("Begin");
    expect(leftBehind(repo)).toEqual(NOTHING);
  }, 180_000);

  test.each(["branch", "none"])(
    "--merge %s leaves the user's branch alone, dirty or not",
    async (how) => {
      const machine = await runMachine();
      const repo = machine.repository("repo");
      write(repo, { "README.md": "changed\n" });
      const outcome = await machine.outcome(repo, [
        ...QUICK,
        "--worker",
        "1",
        "--merge",
        how,
        HELLO,
      ]);
      expect(outcome.deliveries).toMatchObject([{ merged: null, reason: null }]);
      expect(git(repo, "log", "--format=%s", outcome.deliveries[0]?.branch ?? ""))
        .toBe("Build: Say hello\nBegin");
      expect(git(repo, "log", "--format=%s", "main")).toBe("Begin");
      expect(git(repo, "status", "--porcelain")).toBe(" M README.md");
    },
    180_000,
  );

  test("what goes wrong on request ends as it is documented", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const script = "time=40ms,reset=300ms,patience=300ms,badjson@decompose,429@build#1," +
      "blocked@verify#1,feedback@review#1,budget@review#2,reject@accept#1";
    const outcome = await machine.outcome(repo, [
      ...REHEARSAL,
      script,
      "--worker",
      "3",
      "--max-rounds",
      "4",
      HELLO,
    ]);
    expect(outcome).toMatchObject({ outcome: "completed", deliveries: [{ reason: null }] });
    expect(outcome.chains[0]?.rounds.map(({ redo }) => redo))
      .toEqual(["verify", "review", "review", "build"]);
    expect(leftBehind(repo)).toEqual(NOTHING);
  }, 180_000);

  test("outside of git one Worker works in the directory itself", async () => {
    const machine = await runMachine();
    const directory = join(machine.directory, "plain");
    mkdirSync(directory);
    const end = await machine.start(directory, [...QUICK, "--worker", "3", "-"], { stdin: HELLO })
      .ended;
    expect(end.stderr).toContain("Not a git repository: one Worker works in this directory itself");
    expect(JSON.parse(end.stdout)).toMatchObject({ outcome: "completed", deliveries: [] });
    expect(readdirSync(join(directory, "rehearsal"))).toEqual(["task-0000000001.md"]);
    expect(workersIn(directory)).toEqual([]);
  }, 180_000);

  test("--check is run there, too, and what fails goes back", async () => {
    const machine = await runMachine();
    const directory = join(machine.directory, "plain");
    mkdirSync(directory);
    // It fails the first time.
    const check = "sh -c 'mkdir checked 2>/dev/null && echo not yet && exit 1; test -d rehearsal'";
    const outcome = await machine.outcome(directory, [...QUICK, "--check", check, HELLO]);
    expect(outcome).toMatchObject({ outcome: "completed", rounds: 1 });
    const [round] = outcome.chains[0]?.rounds ?? [];
    expect(round).toMatchObject({ redo: "build", reason: expect.stringContaining(directory) });
  }, 180_000);

  describe.skipIf(!hasTmux())("on a terminal", () => {
    /** Opens one, types a `run` into it, and waits for the Workers. */
    async function onTerminal({ env }: RunMachine, repo: string, argv: readonly string[]) {
      const terminal = new TmuxTerminal({ columns: 100, rows: 30 });
      onTestFinished(() => terminal.close());
      const set = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
      terminal.type(`cd ${repo} && env ${set.join(" ")} ${EXECUTABLE} run ${argv.join(" ")}`);
      await terminal.until(/builder.*idle[^]*\n>/);
      return terminal;
    }

    test("that is closed it ends in order", async () => {
      const machine = await runMachine();
      const repo = machine.repository("repo");
      const place = { cwd: repo, env: machine.env, encoding: "utf8" } as const;
      // Nothing is to be said on stderr, which would be looked after from then on.
      execFileSync(EXECUTABLE, ["coordinator", "start"], place);
      const terminal = await onTerminal(machine, repo, [...REHEARSAL, "time=2s", HELLO]);
      await terminal.until(/takes #1/);
      terminal.close();
      await expect.poll(() => workersIn(repo), { timeout: 60_000, interval: 100 }).toEqual([]);
      const events = () => execFileSync(EXECUTABLE, ["events"], place);
      await expect.poll(events, { timeout: 60_000 }).toContain('"leader_left"');
    }, 180_000);

    test("takes what is typed, stays, and ends with Ctrl+C", async () => {
      const machine = await runMachine();
      const repo = machine.repository("repo");
      const terminal = await onTerminal(machine, repo, QUICK);
      terminal.type(HELLO);
      await terminal.until(/ accepted /);
      expect(git(repo, "log", "--format=%s", "main")).toBe("Build: Say hello\nBegin");
      terminal.keys("C-c");
      await terminal.until(/ready>\s*$/);
      expect(terminal.fact("alternate_on")).toBe("0");
      expect(leftBehind(repo)).toEqual(NOTHING);
    }, 180_000);
  });
});
