import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { git, write } from "../support/git_bench.ts";
import { type RunMachine, runMachine, workersIn } from "../support/run_bench.ts";
import { command, EXECUTABLE } from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const QUICK = ["--agent", "rehearsal", "--rehearse", "time=40ms"];
const HELLO = "Say hello";

/** Subjects of the commits of the user's branch, the newest first. */
const log = (repo: string) => git(repo, "log", "--format=%s", "main").split("\n");

describe.skipIf(!existsSync(EXECUTABLE))("a run", () => {
  /** Takes a requirement to its end, and stays. */
  async function kept(machine: RunMachine, repo: string) {
    const run = machine.start(repo, [...QUICK, "--worker", "1", "--keep", HELLO]);
    await run.printed('"requirement_completed"');
    return run;
  }

  test("that is to stay does, until SIGTERM, and prints then what became of it", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const run = await kept(machine, repo);
    expect(workersIn(repo)).toHaveLength(1);
    expect(await machine.failure(repo, [...QUICK, "More"])).toMatchObject({
      exit: 4,
      code: "LEADER_EXISTS",
      hint: expect.stringContaining("claude-orchestrator submit"),
    });
    run.kill("SIGTERM");
    const { status, stdout } = await run.ended;
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "completed",
      deliveries: [{ reason: null }],
    });
    expect(workersIn(repo)).toEqual([]);
  }, 180_000);

  test("whose end nobody was told of tells it when it is run again, once", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const run = await kept(machine, repo);
    run.kill("SIGKILL");
    await run.ended;
    const tip = git(repo, "rev-parse", "main");
    const { status, stdout, stderr } = await machine.run(repo, ...QUICK, HELLO);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      requirement: { id: "req-0000000001" },
      deliveries: [{ merged: { into: "main", commit: tip } }],
    });
    expect(stderr).toContain("It has ended before, and nobody was told");
    expect(log(repo)).toEqual(["Build: Say hello", "Begin"]);
    const again = await machine.outcome(repo, [...QUICK, "--worker", "1", HELLO]);
    expect(again.requirement.id).toBe("req-0000000002");
    expect(await machine.failure(repo, QUICK)).toMatchObject({ exit: 2, code: "USAGE" });
  }, 180_000);

  test("whose terminal was closed ends in order, told once or twice", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const run = machine.start(repo, [
      ...["--agent", "rehearsal", "--rehearse", "time=1s", "--worker", "2", HELLO],
    ]);
    await run.printed('"task_started"');
    // The terminal says so, and the shell in it again.
    run.kill("SIGHUP");
    run.kill("SIGHUP");
    const { status, stderr } = await run.ended;
    expect(status).toBe(130);
    expect(stderr).toContain('"leader_left"');
    expect(workersIn(repo)).toEqual([]);
  }, 180_000);

  test("is not kept from beginning by what setup wrote", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    command({ cwd: repo, env: machine.env }, "setup", "--name", "me");
    const before = git(repo, "status", "--porcelain");
    const { status, stderr } = await machine.run(repo, ...QUICK, "--worker", "1", HELLO);
    expect(status).toBe(0);
    expect(stderr).toContain('"files":[".claude/skills","CLAUDE.md"]');
    expect(log(repo)).toEqual(["Build: Say hello", "Begin"]);
    expect(git(repo, "status", "--porcelain")).toBe(
      before.replace(/.*claude-orchestrator.*\n/, ""),
    );
    write(repo, { "CLAUDE.md": `Mine\n${readFileSync(join(repo, "CLAUDE.md"), "utf8")}` });
    expect(await machine.failure(repo, [...QUICK, HELLO]))
      .toMatchObject({ code: "TREE_DIRTY", message: expect.stringContaining('"CLAUDE.md"') });
  }, 180_000);

  test("has hooks and an agent for each role", async () => {
    const machine = await runMachine();
    const agent = join(machine.directory, "agent.sh");
    const told = join(machine.directory, "told.jsonl");
    write(machine.directory, { "agent.sh": AGENT });
    const repo = machine.repository("repo");
    const roles = ["leader", "builder", "verifier", "reviewer"];
    const tell = ["sh", "-c", 'cat >>"$0"', told];
    write(repo, {
      ".claude-orchestrator/config.json": JSON.stringify({
        roles: Object.fromEntries(roles.map((role) => [role, { command: `sh ${agent} ${role}` }])),
        hooks: { task_completed: tell, chain_completed: tell },
      }),
    });
    const outcome = await machine.outcome(repo, ["--worker", "3", HELLO]);
    expect(outcome).toMatchObject({ outcome: "completed", rounds: 0 });
    const lines = readFileSync(told, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
    const by = (point: string) =>
      lines.filter((line) => line.point === point)
        .map(({ member }) => member.role);
    expect(by("chain_completed")).toEqual(["leader"]);
    expect(by("task_completed")).toHaveLength(4);
    // A link goes to whoever is there first: what each has left says whose agent it was.
    const left = [...new Set(by("task_completed"))].sort().map((role) => `by-${role}`);
    expect(git(repo, "ls-tree", "--name-only", "main").split("\n")).toEqual(["README.md", ...left]);
  }, 180_000);
});

/** An agent that answers as the Leader's, or leaves a file with its role's name and reports. */
const AGENT = `case "$(cat)" in
  *"Turn this requirement into work"*) echo '${JSON.stringify({ chains: [chain()] })}' ;;
  *"Decide what follows"*) echo '{"decision": "pass", "reason": "It is there"}' ;;
  *) touch "by-$1"; printf 'Status: done\nSummary: it is done\nVerdict: pass\n' ;;
esac
`;

function chain() {
  const link = { title: "Do it", description: "What is to be done", criteria: "It is there" };
  const links = { plan: null, build: link, verify: link, review: link, accept: link };
  return { title: "The whole of it", links };
}

describeWithZooKeeper("the teams of two people on one ZooKeeper", (server) => {
  test("do not mix, whatever they have in common", async () => {
    const people = await Promise.all(["ann", "bob"].map(async (name) => {
      const root = await server.freshRoot();
      const machine = await runMachine({ ZK_HOSTS: server.hosts, ZK_ROOT_PATH: root });
      mkdirSync(join(machine.directory, name));
      return { name, machine, repo: machine.repository(`${name}/project`) };
    }));
    const ends = await Promise.all(people.map(async ({ name, machine, repo }) => {
      const run = machine.start(repo, [...QUICK, "--worker", "2", "--keep", `Work of ${name}`]);
      await run.printed('"requirement_completed"');
      const place = { cwd: repo, env: machine.env };
      const members = command(place, "list-instances");
      const chains = command(place, "list-tasks");
      run.kill("SIGINT");
      return { members, tasks: chains, ...await run.ended };
    }));
    for (const [at, { name, repo }] of people.entries()) {
      expect(log(repo)).toEqual([`Build: Work of ${name}`, "Begin"]);
      const { members, tasks, stdout } = ends[at] ?? {};
      expect(members).toHaveLength(3);
      expect(JSON.stringify([members, tasks, stdout])).not.toContain(
        name === "ann" ? "bob" : "ann",
      );
      expect(JSON.parse(stdout ?? "")).toMatchObject({
        tasks: 4,
        requirement: { id: "req-0000000001" },
      });
      expect(workersIn(repo)).toEqual([]);
    }
  }, 180_000);
});
