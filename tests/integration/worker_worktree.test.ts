import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { workshopHere } from "../../src/agent/workshop.ts";
import type { Team } from "../../src/coordination/team.ts";
import { ChainId } from "../../src/domain/ids.ts";
import { isSettled } from "../../src/domain/requirement.ts";
import { type NewTask, Task } from "../../src/domain/task.ts";
import { parseCommitId } from "../../src/git/commit_id.ts";
import { LinkWorktree } from "../../src/git/link_worktree.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { REHEARSAL_COMMAND, rehearsalWorkshop } from "../../src/rehearsal/rehearsal_workshop.ts";
import { parseScript } from "../../src/rehearsal/script.ts";
import { git, madeRepository, opened, write } from "../support/git_bench.ts";
import { startTestLeader } from "../support/leader_bench.ts";
import { useClient } from "../support/live.ts";
import { PERSON } from "../support/task_team.ts";
import { startTestWorker, teamOn, untilTask } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const CHAIN = ChainId.parse("chain-0000000001");
const place = async (root: string, name: string) =>
  await LinkWorktree.open(await opened(root), nodeFiles, name);

describeWithZooKeeper("a Worker with a work tree of its own", (server) => {
  const zk = useClient(server);
  let zkRoot: string;
  let team: Team;
  beforeEach(async () => {
    zkRoot = await server.freshRoot();
    team = teamOn(zk, zkRoot);
  });

  const push = (task: Partial<NewTask>) => team.tasks.push({ title: "Do it", ...task }, PERSON);
  const start = async (root: string, name: string, role: string, script: string) =>
    startTestWorker(team, {
      name,
      role,
      command: `sh -c '${script}; echo Status: done'`,
      workplace: await place(root, name),
    });

  test("begins each link from the commit of the one before, and touches nothing else", async () => {
    const root = madeRepository();
    const base = git(root, "rev-parse", "HEAD");
    const build = await push({
      title: "Greet $(everybody)\n# now",
      link: "build",
      role: "builder",
      chain_id: CHAIN,
    });
    const verify = await push({
      link: "verify",
      role: "verifier",
      chain_id: CHAIN,
      depends_on: [build.id],
      verify: "test -f hello.txt",
    });
    await start(root, "tom", "builder", "echo hello > hello.txt");
    await start(root, "ann", "verifier", "cat hello.txt");
    const verified = await untilTask(team.tasks, verify.id, "completed");
    const built = await team.tasks.get(build.id);
    const { commit = "", branch } = built.evidence;
    expect(branch).toBe(`claude-orchestrator/chains/${CHAIN}`);
    expect(git(root, "log", "-1", "--format=%an%n%P%n%B", commit).trim()).toBe(
      `Ada\n${base}\nGreet $(everybody) # now\n\nTask: ${build.id}\nChain: ${CHAIN}`,
    );
    expect(verified.result).toContain("hello");
    expect(verified.evidence).toMatchObject({
      commit,
      branch,
      verify: expect.stringMatching(/^pass/),
    });
    await expect.poll(() => git(root, "rev-parse", branch ?? "")).toBe(commit);
    expect(git(root, "rev-parse", "main")).toBe(base);
    expect(git(root, "status", "--porcelain")).toBe("");
    expect(existsSync(join(root, "hello.txt"))).toBe(false);
  });

  test("begins a retry anew, and keeps what the failed attempt has left", async () => {
    const root = madeRepository();
    const { id } = await push({ link: "build", verify: "test -f second.txt" });
    const script = 'if [ "$CLAUDE_ORCHESTRATOR_ATTEMPT" = 1 ]; then echo half > half.txt; ' +
      "else echo x > second.txt; fi";
    const worker = await start(root, "tom", "general", script.replaceAll("'", ""));
    const task = await untilTask(team.tasks, id, "completed");
    expect(task.retry_count).toBe(1);
    const branch = `claude-orchestrator/tasks/${id}`;
    await expect.poll(() => git(root, "ls-tree", "--name-only", branch).split("\n")).toEqual([
      "README.md",
      "second.txt",
    ]);
    const told = worker.lines.find((line) => line.includes("is kept on")) ?? "";
    const rescued = /claude-orchestrator\/rescued\/\S+/.exec(told)?.[0] ?? "";
    expect(git(root, "show", `${rescued}:half.txt`)).toBe("half");
  });

  test("fails where the commit before it is not in its repository, and says so", async () => {
    const [here, elsewhere] = [madeRepository(), madeRepository()];
    const build = await push({ link: "build", role: "builder" });
    const verify = await push({
      link: "verify",
      role: "verifier",
      depends_on: [build.id],
      max_retries: 0,
    });
    await start(here, "tom", "builder", "echo x > x.txt");
    await start(elsewhere, "ann", "verifier", "true");
    const failed = await untilTask(team.tasks, verify.id, "failed");
    expect(failed.fail_reason).toMatch(/^Cannot begin: The commit "[0-9a-f]{40}" of task-/);
    expect(failed.spent.runs).toBe(0);
  });

  test("fails an attempt whose work cannot be committed", async () => {
    const root = madeRepository();
    const { id } = await push({ link: "build", max_retries: 0 });
    await start(
      root,
      "tom",
      "general",
      "echo x > x.txt; echo garbage > $(git rev-parse --git-dir)/index",
    );
    const failed = await untilTask(team.tasks, id, "failed");
    expect(failed.fail_reason).toMatch(/^Its work cannot be kept: git add failed: /);
  });

  test("is one of a team whose chain ends on a branch that can be merged", async () => {
    const root = madeRepository();
    const real = workshopHere(
      { clock: systemClock, random: systemRandom, env: process.env },
      nodeFiles,
    );
    const script = parseScript("time=4ms,patience=300ms,reject@review,crash@build#2");
    const workshop = rehearsalWorkshop(real, { clock: systemClock, script });
    await startTestLeader(zk, zkRoot, { workshop, settings: { command: REHEARSAL_COMMAND } });
    const command = `'${REHEARSAL_COMMAND[0]}'`;
    for (const [name, role] of [["tom", "builder"], ["ann", "general"]] as const) {
      startTestWorker(team, { name, role, command, workshop, workplace: await place(root, name) });
    }
    const { id } = await team.requirements.submit({ content: "Say hello" }, PERSON);
    for await (const requirement of team.requirements.watch(id, AbortSignal.timeout(80_000))) {
      if (isSettled(requirement)) break;
    }
    const requirement = await team.requirements.get(id);
    expect(requirement).toMatchObject({ status: "completed" });
    const branch = `claude-orchestrator/chains/${requirement.chains[0]}`;
    const [build] = await team.chains.tasks(await team.chains.get(requirement.chains[0] ?? CHAIN));
    expect(build?.spent.runs).toBe(3);
    await expect.poll(() => git(root, "rev-list", "--count", `main..${branch}`)).toBe("2");
    const written = git(root, "show", `${branch}:rehearsal/${build?.id}.md`);
    expect(written).toContain("Run 3 of");
    const repository = await opened(root);
    const commit = parseCommitId(build?.evidence["commit"]);
    expect(commit).toBe(await repository.tipOf(branch));
    if (commit === null) throw new Error("No commit");
    const request = { branch: "main", commit, how: "auto", message: "Merge" } as const;
    expect(await repository.mergeInto(request)).toMatchObject({ kind: "merged" });
    expect(readFileSync(join(root, "rehearsal", `${build?.id}.md`), "utf8").trim()).toBe(written);
    expect(git(root, "status", "--porcelain")).toBe("");
  });
});

describe("a work tree as a place of work", () => {
  const task = (fields: object = {}) =>
    Task.parse({
      v: 1,
      id: "task-0000000007",
      title: "t",
      status: "in_progress",
      created_at: new Date(0).toISOString(),
      updated_at: new Date(0).toISOString(),
      ...fields,
    });
  const other = task({ id: "task-0000000008" });

  async function bench() {
    const root = madeRepository();
    const worktree = await place(root, "tom");
    return { root, worktree, dirty: () => write(worktree.directory, { "half.txt": "x" }) };
  }

  test("leaves what a broken-off run has left to the run that resumes its conversation", async () => {
    const { root, worktree, dirty } = await bench();
    const work = { task: task(), earlier: [] };
    expect(await worktree.begin(work, true)).toMatchObject({ goesOn: false, displaced: null });
    dirty();
    const restarted = await place(root, "tom");
    expect(await restarted.begin(work, true)).toEqual({ goesOn: true, displaced: null, notes: [] });
    expect(existsSync(join(worktree.directory, "half.txt"))).toBe(true);
    expect(await worktree.begin(work, false)).toMatchObject({
      goesOn: false,
      displaced: task().id,
    });
    expect(existsSync(join(worktree.directory, "half.txt"))).toBe(false);
  });

  test("a resumed run keeps its ground when the user goes on, but not when an earlier link does", async () => {
    const { root, worktree, dirty } = await bench();
    const first = { ...other, evidence: { commit: git(root, "rev-parse", "HEAD") } };
    await worktree.begin({ task: task(), earlier: [] }, true);
    dirty();
    git(root, "commit", "--quiet", "--allow-empty", "-m", "Mine");
    expect(await worktree.begin({ task: task(), earlier: [] }, true)).toMatchObject({
      goesOn: true,
    });
    expect(await worktree.begin({ task: task(), earlier: [first] }, true)).toMatchObject({
      goesOn: true,
    });
    const again = { ...other, evidence: { commit: git(root, "rev-parse", "HEAD") } };
    expect(await worktree.begin({ task: task(), earlier: [again] }, true)).toMatchObject({
      goesOn: false,
      displaced: task().id,
    });
  });

  test("says whose unfinished work had to give way to another task", async () => {
    const { worktree, dirty } = await bench();
    await worktree.begin({ task: task(), earlier: [] }, false);
    dirty();
    const begun = await worktree.begin({ task: other, earlier: [] }, true);
    expect(begun).toMatchObject({ goesOn: false, displaced: task().id });
    expect(begun.notes).toHaveLength(1);
  });

  test("a task that is done again begins with its own work, until an earlier link is done again", async () => {
    const { root, worktree } = await bench();
    const repository = await opened(root);
    const commit = async (of: Task, earlier: Task[], text: string) => {
      await worktree.begin({ task: of, earlier }, false);
      write(worktree.directory, { "a.txt": text });
      const facts = await worktree.keep(of);
      expect(await worktree.handedIn(of, facts)).toEqual([]);
      return { ...of, evidence: facts };
    };
    const build = await commit(task({ chain_id: CHAIN }), [], "1");
    const verify = await commit({ ...other, chain_id: CHAIN }, [build], "2");
    await worktree.begin({ task: verify, earlier: [build] }, false);
    expect(git(worktree.directory, "rev-parse", "HEAD")).toBe(verify.evidence["commit"]);
    const again = await commit(build, [], "3");
    expect(
      await repository.isAncestor(
        parseCommitId(build.evidence["commit"]) ?? worktreeIsWrong(),
        parseCommitId(again.evidence["commit"]) ?? worktreeIsWrong(),
      ),
    ).toBe(true);
    await worktree.begin({ task: verify, earlier: [again] }, false);
    expect(git(worktree.directory, "rev-parse", "HEAD")).toBe(again.evidence["commit"]);
  });

  test("begins nothing with the work of a team that was here before, and keeps it", async () => {
    const { root, worktree } = await bench();
    const branch = "claude-orchestrator/chains/chain-0000000001";
    const begin = git(root, "rev-parse", "HEAD");
    git(root, "checkout", "--quiet", "-b", branch);
    write(root, { "old.txt": "of another chain of this name\n" });
    git(root, "add", "--all");
    git(root, "commit", "--quiet", "-m", "Old");
    const old = git(root, "rev-parse", "HEAD");
    git(root, "checkout", "--quiet", "main");
    const fresh = task({ chain_id: CHAIN });
    await worktree.begin({ task: fresh, earlier: [] }, false);
    expect(git(worktree.directory, "rev-parse", "HEAD")).toBe(begin);
    write(worktree.directory, { "a.txt": "1" });
    const facts = await worktree.keep(fresh);
    const kept = `claude-orchestrator/rescued/chains-chain-0000000001-${old.slice(0, 12)}`;
    expect(await worktree.handedIn(fresh, facts)).toEqual([expect.stringContaining(kept)]);
    expect(git(root, "rev-parse", branch, kept)).toBe(`${facts["commit"]}\n${old}`);
  });

  test("is the directory below it that was asked for", async () => {
    const root = madeRepository({ "sub/é/a.txt": "1" });
    const worktree = await place(join(root, "sub/é"), "tom");
    expect(worktree.directory).toBe(join(root, ".claude-orchestrator/worktrees/tom/sub/é/"));
    rmSync(worktree.directory, { recursive: true });
    await worktree.begin({ task: task(), earlier: [] }, false);
    expect(readFileSync(join(worktree.directory, "a.txt"), "utf8")).toBe("1");
  });

  test("is made again when it was deleted while its Worker runs", async () => {
    const { worktree } = await bench();
    const work = { task: task(), earlier: [] };
    await worktree.begin(work, false);
    rmSync(worktree.directory, { recursive: true });
    expect(await worktree.begin(work, true)).toMatchObject({ goesOn: false });
    expect(existsSync(join(worktree.directory, "README.md"))).toBe(true);
  });

  test("does not move a branch under somebody who has it checked out", async () => {
    const { root, worktree } = await bench();
    git(root, "checkout", "--quiet", "-b", `claude-orchestrator/tasks/${task().id}`);
    await worktree.begin({ task: task(), earlier: [] }, false);
    write(worktree.directory, { "a.txt": "1" });
    const notes = await worktree.handedIn(task(), await worktree.keep(task()));
    expect(notes.join()).toContain("is checked out, and was not moved");
    expect(git(root, "status", "--porcelain")).toBe("");
  });
});

function worktreeIsWrong(): never {
  throw new Error("No commit was named");
}
