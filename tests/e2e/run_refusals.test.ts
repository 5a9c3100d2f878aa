import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { git, write } from "../support/git_bench.ts";
import { runMachine } from "../support/run_bench.ts";
import { EXECUTABLE } from "../support/worker_process.ts";

const QUICK = ["--agent", "rehearsal", "--rehearse", "time=40ms"];
const HELLO = "Say hello";

describe.skipIf(!existsSync(EXECUTABLE))("run refuses, before anything is written,", () => {
  /** What lies in a directory, and what git makes of it. */
  const stateOf = (directory: string) => [
    readdirSync(directory).sort(),
    existsSync(join(directory, ".git/info/exclude"))
      ? readFileSync(join(directory, ".git/info/exclude"), "utf8")
      : null,
  ];

  test("what it cannot work in, or on", async () => {
    const machine = await runMachine();
    const dirty = machine.repository("dirty");
    write(dirty, { "new “file”.txt": "x" });
    const detached = machine.repository("detached");
    git(detached, "checkout", "--quiet", "--detach");
    const bare = join(machine.directory, "bare.git");
    git(machine.directory, "clone", "--quiet", "--bare", detached, bare);
    const outer = machine.repository("outer");
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", detached, "sub");
    git(outer, "commit", "--quiet", "-m", "With a submodule");
    const clean = machine.repository("clean");
    const withBranch = (branch: string) => {
      const repo = machine.repository(branch.replaceAll("/", " "));
      git(repo, "branch", branch);
      return repo;
    };
    const above = withBranch("claude-orchestrator");
    const below = withBranch("claude-orchestrator/verifier/mine");
    const taken = withBranch("claude-orchestrator/builder");
    const elsewhere = withBranch("claude-orchestrator/worker");
    git(elsewhere, "worktree", "add", "--quiet", "../elsewhere", "claude-orchestrator/worker");
    const rows: [string, string[], number, string, string?][] = [
      [dirty, [HELLO], 4, "TREE_DIRTY"],
      [detached, [HELLO], 2, "UNSUITABLE_REPOSITORY"],
      [detached, ["--merge", "branch", HELLO], 2, "UNSUITABLE_REPOSITORY"],
      [clean, ["--merge", "none", "--check", "true", HELLO], 2, "USAGE"],
      [bare, [HELLO], 2, "UNSUITABLE_REPOSITORY"],
      [join(outer, "sub"), [HELLO], 2, "UNSUITABLE_REPOSITORY"],
      [clean, ["--worker", "0", HELLO], 2, "USAGE"],
      [clean, ["--worker", "1000", HELLO], 2, "USAGE"],
      [clean, ["--roles", "Bad Role", HELLO], 2, "USAGE"],
      [clean, ["--merge", "maybe", HELLO], 2, "USAGE"],
      [clean, ["--check", "unclosed 'quote", HELLO], 2, "INVALID_INPUT"],
      [clean, ["--rehearse", "nonsense@build", HELLO], 2, "INVALID_INPUT"],
      [clean, ["-"], 2, "TOO_LARGE", "x".repeat(1024 * 1024)],
      [clean, ["-"], 2, "INVALID_INPUT", " \n"],
      [clean, ["--file", "missing.md"], 1, "IO_FAILED"],
      [clean, ["--file", "."], 1, "IO_FAILED"],
      [clean, ["--file", ".git/index"], 2, "INVALID_INPUT"],
      [clean, [], 2, "USAGE"],
      [above, [HELLO], 4, "WORKTREE_TAKEN"],
      [below, [HELLO], 4, "WORKTREE_TAKEN"],
      [taken, [HELLO], 4, "WORKTREE_TAKEN"],
      [elsewhere, ["--worker", "1", HELLO], 4, "WORKTREE_TAKEN"],
      [clean, ["--file", "-", HELLO], 2, "USAGE"],
    ];
    for (const [directory, argv, exit, code, stdin = ""] of rows) {
      const before = stateOf(directory);
      const failure = await machine.failure(directory, ["--agent", "rehearsal", ...argv], {
        stdin,
      });
      expect({ argv, ...failure }).toMatchObject({ argv, exit, code });
      expect(stateOf(directory)).toEqual(before);
    }
    expect(readdirSync(join(machine.directory, "home"))).toEqual([]);
  }, 180_000);

  test("an agent that is configured for a role, and cannot be used", async () => {
    const machine = await runMachine();
    const repo = machine.repository("repo");
    const agents = {
      CLAUDE_ORCHESTRATOR_COMMAND: "sh",
      CLAUDE_ORCHESTRATOR_ROLES_VERIFIER_COMMAND: "no-such-agent --quick",
    };
    const before = stateOf(repo);
    const failure = await machine.failure(repo, [HELLO], { env: agents });
    expect(failure).toMatchObject({ exit: 1, code: "AGENT_NOT_FOUND", roles: ["verifier"] });
    expect(stateOf(repo)).toEqual(before);
  });

  test("a repository without git; and works without both", async () => {
    const machine = await runMachine();
    const [repo, plain] = [machine.repository("repo"), join(machine.directory, "plain")];
    mkdirSync(plain);
    const env = { PATH: join(realpathSync(machine.directory), "empty") };
    expect(await machine.failure(repo, [...QUICK, HELLO], { env }))
      .toMatchObject({ code: "GIT_NOT_FOUND" });
    const { status } = await machine.start(plain, [...QUICK, HELLO], { env }).ended;
    expect(status).toBe(0);
  }, 180_000);
});
