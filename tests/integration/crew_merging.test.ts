import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Delivery, mergingInto, type MergingOptions } from "../../src/crew/merging.ts";
import type { Chain } from "../../src/domain/chain.ts";
import { resultBranch } from "../../src/git/branch_names.ts";
import { type CommitId, parseCommitId } from "../../src/git/commit_id.ts";
import { LinkWorktree } from "../../src/git/link_worktree.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { git, madeRepository, opened, write } from "../support/git_bench.ts";
import { chainAt } from "../support/sample_chain.ts";

const NEVER = new AbortController().signal;

/** A chain whose builder has written `a.txt`, and whose work was accepted. */
async function accepted(more: Partial<MergingOptions> = {}, chainFacts: Partial<Chain> = {}) {
  const root = madeRepository({ "a.txt": "1\n" });
  const repository = await opened(root);
  const { chain, tasks } = chainAt("accept", chainFacts);
  const branch = resultBranch(chain.id, "");
  const tree = await LinkWorktree.open(repository, nodeFiles, "tom");
  const deliveries: Delivery[] = [];
  const integrate = mergingInto({
    repository,
    base: "main",
    wish: "auto",
    onDelivery: (delivery) => deliveries.push(delivery),
    ...more,
  });
  const build = tasks.findIndex(({ link }) => link === "build");
  /** The builder's next round: what it began from, and that its work was reported. */
  const built = async (files: Readonly<Record<string, string>>) => {
    const task = tasks[build];
    if (task === undefined) throw new Error("No build");
    await tree.begin({ task, earlier: [] }, false);
    const begun = commitAt(root, "claude-orchestrator/tom");
    write(tree.directory, files);
    const evidence = await tree.keep(task);
    tasks[build] = { ...task, evidence };
    await tree.handedIn(task, evidence);
    return { begun, commit: commitAt(root, branch) };
  };
  return {
    ...{ root, chain, tasks, branch, deliveries, built, directory: tree.directory },
    integrate: () => integrate(chain, tasks, NEVER),
    mine: (files: Readonly<Record<string, string>>) => {
      write(root, files);
      git(root, "add", "--all");
      git(root, "commit", "--quiet", "-m", "Mine");
    },
    tip: (of = branch) => commitAt(root, of),
    text: () => readFileSync(join(root, "a.txt"), "utf8"),
  };
}

function commitAt(root: string, name: string): CommitId {
  const id = parseCommitId(git(root, "rev-parse", name));
  if (id === null) throw new Error(`No ${name}`);
  return id;
}

test("a builder begins its next round from the merge in conflict, and ends it", async () => {
  const team = await accepted();
  const first = await team.built({ "a.txt": "theirs\n" });
  team.mine({ "a.txt": "mine\n" });
  const refused = await team.integrate();
  expect(refused).toMatchObject({ kind: "refused", reason: expect.stringContaining('"a.txt"') });
  if (refused.kind !== "refused") throw new Error(refused.kind);
  expect(refused.guidance).toContain("<<<<<<< HEAD");
  expect(team.deliveries).toMatchObject([{ branch: team.branch, merged: null }]);
  expect(git(team.root, "log", "-1", "--format=%P", team.branch))
    .toBe(`${first.commit} ${team.tip("main")}`);

  const conflicted = team.tip();
  const second = await team.built({ "a.txt": "mine\ntheirs\n" });
  expect(second.begun).toBe(conflicted);
  expect(await team.integrate()).toMatchObject({ kind: "integrated", commit: second.commit });
  expect(team.text()).toBe("mine\ntheirs\n");
  expect(team.deliveries.at(-1)).toMatchObject({ merged: { into: "main" }, reason: null });
});

test("marks that are left are refused, as often as they are handed in", async () => {
  const team = await accepted();
  await team.built({ "a.txt": "theirs\n" });
  team.mine({ "a.txt": "mine\n" });
  await team.integrate();
  await team.built({ "b.txt": "busy with something else\n" });
  const before = team.tip("main");
  for (let round = 0; round < 2; round++) {
    expect(await team.integrate()).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/^Marks of a conflict are left .*"a\.txt"$/),
    });
  }
  expect(team.tip("main")).toBe(before);
});

test("after the last round the work stays on its branch without marks", async () => {
  const rounds = [{ round: 1, link: "accept", decision: "reject", redo: "build", reason: "x" }];
  const team = await accepted({}, {
    max_rounds: 1,
    rounds: rounds.map((round) => ({ ...round, time: "2026-01-01T00:00:00.000Z" })),
  } as Partial<Chain>);
  const { commit } = await team.built({ "a.txt": "theirs\n" });
  team.mine({ "a.txt": "mine\n" });
  expect(await team.integrate()).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining(team.branch),
  });
  expect(team.tip()).toBe(commit);
});

test("where the check fails on a merge, the builder begins from the merge", async () => {
  const check = () => Promise.resolve({ passed: false, output: "2 tests failed" });
  const team = await accepted({ check });
  await team.built({ "b.txt": "theirs\n" });
  team.mine({ "c.txt": "mine\n" });
  expect(await team.integrate()).toMatchObject({
    kind: "refused",
    guidance: expect.stringContaining("2 tests failed"),
  });
  const { begun } = await team.built({});
  expect(git(team.root, "ls-tree", "--name-only", begun).split("\n"))
    .toEqual(["a.txt", "b.txt", "c.txt"]);
});

test("on request the chain's own branch gets the merged and checked work", async () => {
  const seen: string[] = [];
  const check = (directory: string) => {
    seen.push(...["b.txt", "c.txt"].map((file) => readFileSync(join(directory, file), "utf8")));
    return Promise.resolve({ passed: true, output: "" });
  };
  const team = await accepted({ wish: "branch", check });
  const { commit } = await team.built({ "b.txt": "theirs\n" });
  team.mine({ "c.txt": "mine\n" });
  const mine = team.tip("main");
  const integrated = await team.integrate();
  expect(integrated).toEqual({ kind: "integrated", commit: team.tip() });
  expect(git(team.root, "log", "-1", "--format=%P", team.branch)).toBe(`${mine} ${commit}`);
  expect(seen).toEqual(["theirs\n", "mine\n"]);
  expect(team.tip("main")).toBe(mine);
  expect(team.deliveries).toMatchObject([{ commit: team.tip(), merged: null, reason: null }]);
  // As a Leader does that takes over before it was written down.
  expect(await team.integrate()).toEqual({ kind: "integrated", commit: team.tip() });
  git(team.root, "merge", "--quiet", "--ff-only", team.branch);
});

test("a conflict with the branch that is not to move goes back all the same", async () => {
  const team = await accepted({ wish: "branch" });
  await team.built({ "a.txt": "theirs\n" });
  team.mine({ "a.txt": "mine\n" });
  expect(await team.integrate()).toMatchObject({ kind: "refused" });
  const conflicted = team.tip();
  const second = await team.built({ "a.txt": "both\n" });
  expect(second.begun).toBe(conflicted);
  expect(await team.integrate()).toEqual({ kind: "integrated", commit: second.commit });
  expect([team.tip(), team.text()]).toEqual([second.commit, "mine\n"]);
});

test("work whose Worker was killed before it moved the branch is merged all the same", async () => {
  const team = await accepted();
  const { commit } = await team.built({ "a.txt": "theirs\n" });
  git(team.root, "branch", "-D", team.branch);
  expect(await team.integrate()).toEqual({ kind: "integrated", commit });
  expect(team.text()).toBe("theirs\n");
  expect(team.tip()).toBe(commit);
});

test("a branch that is gone, or whose work tree is in the way, costs nobody the work", async () => {
  const team = await accepted();
  const { commit } = await team.built({ "a.txt": "theirs\n" });
  write(team.root, { "a.txt": "not committed\n" });
  expect(await team.integrate()).toEqual({ kind: "integrated", commit });
  expect(team.text()).toBe("not committed\n");
  expect(team.deliveries.at(-1)?.reason).toContain("in the way: changed: a.txt");
  git(team.root, "checkout", "--quiet", "--force", "-b", "other");
  git(team.root, "branch", "-D", "main");
  await team.integrate();
  expect(team.deliveries.at(-1)).toMatchObject({
    merged: null,
    reason: 'The branch "main" is gone',
  });
  expect(team.tip()).toBe(commit);
});
