import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CommitId, parseCommitId } from "../../src/git/commit_id.ts";
import type { MergeRequest } from "../../src/git/merge.ts";
import type { Repository } from "../../src/git/repository.ts";
import { git, madeRepository, opened, write } from "../support/git_bench.ts";
import { smallFileSystem, whyNoMount } from "../support/small_file_system.ts";
import { roomyDirectory } from "../support/temporary_directory.ts";

interface Bench {
  readonly root: string;
  readonly repository: Repository;
  readonly base: CommitId;
  /** A commit on a Worker's branch that begins from `base`. */
  made(name: string, files: Readonly<Record<string, string>>): Promise<CommitId>;
  merge(commit: CommitId, more?: Partial<MergeRequest>): ReturnType<Repository["mergeInto"]>;
  /** What a merge must not change: files, refs, work trees, state. */
  state(): unknown;
}

function headOf(directory: string): CommitId {
  const id = parseCommitId(git(directory, "rev-parse", "HEAD"));
  if (id === null) throw new Error("No commit");
  return id;
}

async function bench(
  files: Readonly<Record<string, string>> = { "a.txt": "1\n" },
  parent?: string,
): Promise<Bench> {
  const root = madeRepository(files, "repo", parent);
  const repository = await opened(root);
  const base = headOf(root);
  return {
    root,
    repository,
    base,
    made: async (name, changes) => {
      const tree = await repository.ensureWorktree(name);
      await repository.startFrom(tree, base);
      write(tree.path, changes);
      const commit = await repository.commitAll(tree, `Work of ${name}`);
      if (commit === null) throw new Error("Nothing was changed");
      return commit;
    },
    merge: (commit, more = {}) =>
      repository.mergeInto({ branch: "main", commit, how: "auto", message: "Merge it", ...more }),
    state: () => [
      git(root, "for-each-ref"),
      git(root, "status", "--porcelain"),
      git(root, "worktree", "list"),
      readFileSync(join(root, "a.txt"), "utf8"),
      readdirSync(join(root, ".claude-orchestrator/worktrees")),
    ],
  };
}

test("a branch goes forward, and the clean work tree of its user with it", async () => {
  const { root, made, merge } = await bench();
  const commit = await made("tom", { "b.txt": "2\n" });
  expect(await merge(commit)).toEqual({
    kind: "merged",
    commit,
    how: "fast_forward",
    checkout: root,
  });
  expect(readFileSync(join(root, "b.txt"), "utf8")).toBe("2\n");
  expect(git(root, "status", "--porcelain")).toBe("");
  expect(await merge(commit)).toEqual({ kind: "nothing_to_do", commit });
});

test("a branch that is checked out nowhere moves alone", async () => {
  const { root, made, merge } = await bench();
  git(root, "branch", "other");
  const commit = await made("tom", { "b.txt": "2\n" });
  expect(await merge(commit, { branch: "other" })).toMatchObject({
    kind: "merged",
    checkout: null,
  });
  expect(git(root, "rev-parse", "other")).toBe(commit);
  expect(existsSync(join(root, "b.txt"))).toBe(false);
});

test("where both sides went on, a merge commit joins them", async () => {
  const { root, made, merge } = await bench();
  const commit = await made("tom", { "b.txt": "2\n" });
  write(root, { "c.txt": "3\n" });
  git(root, "add", "c.txt");
  git(root, "commit", "--quiet", "-m", "Mine");
  const mine = headOf(root);
  expect(await merge(commit, { how: "fast_forward" })).toEqual({ kind: "not_forward" });
  const message = "# Title\n\n$(x) --amend";
  const merged = await merge(commit, { message });
  expect(merged).toMatchObject({ kind: "merged", how: "merge_commit", checkout: root });
  expect(git(root, "log", "-1", "--format=%P")).toBe(`${mine} ${commit}`);
  expect(git(root, "log", "-1", "--format=%B").trim()).toBe(message);
  expect(git(root, "log", "-1", "--format=%an")).toBe("Ada");
  expect(readdirSync(root).sort()).toEqual([
    ".claude-orchestrator",
    ".git",
    "a.txt",
    "b.txt",
    "c.txt",
  ]);
  expect(readdirSync(join(root, ".claude-orchestrator/worktrees"))).toEqual(["tom"]);
});

test("a merge commit can be asked for where going forward would do", async () => {
  const { root, made, merge } = await bench();
  const commit = await made("tom", { "b.txt": "2\n" });
  expect(await merge(commit, { how: "merge_commit" })).toMatchObject({ how: "merge_commit" });
  expect(git(root, "log", "-1", "--format=%P").split(" ")).toHaveLength(2);
});

test("a conflict changes nothing, and is told with its lines", async () => {
  const { made, merge, state } = await bench({ "a.txt": "1\n", "gone.txt": "x\n" });
  const tom = await made("tom", { "a.txt": "tom\n", "new é\n.txt": "tom\n" });
  const ann = await made("ann", { "a.txt": "ann\n", "new é\n.txt": "ann\n" });
  await merge(tom);
  const before = state();
  const result = await merge(ann);
  expect(result).toMatchObject({ kind: "conflict", total: 2 });
  if (result.kind !== "conflict") throw new Error(result.kind);
  expect(result.conflicts.map(({ path }) => path)).toEqual(["a.txt", "new é\n.txt"]);
  expect(result.conflicts[0]?.hunks).toMatch(/<<<<<<<[^]*tom[^]*=======[^]*ann[^]*>>>>>>>/);
  expect(state()).toEqual(before);
});

test("of a large conflict a part is told", async () => {
  const text = (word: string) => `${word} line\n`.repeat(5000);
  const names = Array.from({ length: 30 }, (_, at) => `f${at}.txt`);
  const all = (word: string) => Object.fromEntries(names.map((name) => [name, text(word)]));
  const { made, merge } = await bench(all("base"));
  const tom = await made("tom", all("tom"));
  const ann = await made("ann", all("ann"));
  await merge(tom);
  const result = await merge(ann);
  if (result.kind !== "conflict") throw new Error(result.kind);
  expect(result.total).toBe(30);
  expect(result.conflicts).toHaveLength(20);
  expect(JSON.stringify(result.conflicts).length).toBeLessThan(60_000);
});

test("a file deleted on one side and changed on the other is a conflict, too", async () => {
  const { root, made, merge } = await bench();
  const tom = await made("tom", { "a.txt": "tom\n" });
  git(root, "rm", "--quiet", "a.txt");
  git(root, "commit", "--quiet", "-m", "Remove it");
  expect(await merge(tom)).toMatchObject({ kind: "conflict", conflicts: [{ path: "a.txt" }] });
});

test("a conflict is kept in a commit of both, whose marks are found until they are gone", async () => {
  const { root, made, merge, repository } = await bench({ "a.txt": "1\n", "gone.txt": "x\n" });
  const tom = await made("tom", { "a.txt": "tom\n", "gone.txt": "tom\n", "=.txt": "=======\n" });
  write(root, { "a.txt": "mine\n" });
  git(root, "rm", "--quiet", "gone.txt");
  git(root, "commit", "--quiet", "-a", "-m", "Mine");
  const mine = headOf(root);
  const result = await merge(tom);
  if (result.kind !== "conflict") throw new Error(result.kind);
  expect(result.conflicts).toMatchObject([
    { path: "a.txt", goneOn: null },
    { path: "gone.txt", goneOn: "ours" },
  ]);
  expect(git(root, "log", "-1", "--format=%P", result.commit)).toBe(`${tom} ${mine}`);
  expect(git(root, "show", `${result.commit}:a.txt`))
    .toBe(`<<<<<<< HEAD\nmine\n=======\ntom\n>>>>>>> ${tom}`);
  expect(await repository.isMerge(result.commit)).toBe(true);
  expect(await repository.markedFiles(mine, result.commit)).toEqual(["a.txt"]);

  const tree = await repository.ensureWorktree("tom");
  await repository.startFrom(tree, result.commit);
  write(tree.path, { "a.txt": "both\n" });
  const mended = await repository.commitAll(tree, "Mend it");
  if (mended === null) throw new Error("Nothing was changed");
  expect(await repository.markedFiles(mine, mended)).toEqual([]);
  expect(await merge(mended)).toMatchObject({ kind: "merged", how: "fast_forward" });
  expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("both\n");
});

test("a check sees the result before anybody gets it, and can refuse it", async () => {
  const { root, made, merge, state } = await bench();
  const commit = await made("tom", { "b.txt": "2\n" });
  const before = state();
  const seen: string[] = [];
  const check = (passed: boolean) => (directory: string) => {
    seen.push(readFileSync(join(directory, "b.txt"), "utf8"));
    expect(existsSync(join(root, "b.txt"))).toBe(false);
    return Promise.resolve({ passed, output: "the tests are red" });
  };
  expect(await merge(commit, { check: check(false) })).toEqual({
    kind: "check_failed",
    commit: expect.any(String),
    output: "the tests are red",
  });
  expect(state()).toEqual(before);
  expect(await merge(commit, { check: check(true) })).toMatchObject({ kind: "merged" });
  expect(seen).toEqual(["2\n", "2\n"]);
});

test("the merged branch can stay where it is, and go forward to the result on another one", async () => {
  const { root, made, merge } = await bench();
  const commit = await made("tom", { "b.txt": "2\n" });
  git(root, "branch", "result", commit);
  write(root, { "c.txt": "mine\n" });
  git(root, "add", "--all");
  git(root, "commit", "--quiet", "-m", "Mine");
  write(root, { "a.txt": "not committed\n" });
  const mine = git(root, "rev-parse", "main");
  const merged = await merge(commit, { onto: "result" });
  expect(merged).toMatchObject({ kind: "merged", how: "merge_commit", checkout: null });
  expect(git(root, "rev-parse", "main")).toBe(mine);
  expect(git(root, "ls-tree", "--name-only", "result").split("\n"))
    .toEqual(["a.txt", "b.txt", "c.txt"]);
  expect(git(root, "merge-base", "main", "result")).toBe(mine);
  git(root, "branch", "--force", "result", mine);
  expect(await merge(commit, { onto: "result" })).toEqual({ kind: "moved" });
});

test("a check that throws leaves nothing behind", async () => {
  const { made, merge, state } = await bench();
  const commit = await made("tom", { "b.txt": "2\n" });
  const before = state();
  const check = () => Promise.reject(new Error("stopped"));
  await expect(merge(commit, { check })).rejects.toThrow("stopped");
  expect(state()).toEqual(before);
});

test.each<[string, (root: string) => void]>([
  ["a changed file", (root) => write(root, { "a.txt": "mine\n" })],
  ["an untracked file in the way", (root) => write(root, { "b.txt": "mine\n" })],
])("%s in the user's work tree is not touched", async (_what, make) => {
  const { root, made, merge, state } = await bench();
  const commit = await made("tom", { "b.txt": "2\n" });
  make(root);
  const before = state();
  expect(await merge(commit)).toMatchObject({ kind: "checkout_dirty", path: root });
  expect(state()).toEqual(before);
});

test("a file that the project ignores is its user's all the same", async () => {
  const { root, made, merge } = await bench({ "a.txt": "1\n", ".gitignore": "*.env\n" });
  const commit = await made("tom", { "my.env": "theirs\n", ".gitignore": "" });
  write(root, { "my.env": "mine\n" });
  expect(await merge(commit)).toMatchObject({
    kind: "checkout_dirty",
    reason: expect.stringContaining("my.env"),
  });
  expect(readFileSync(join(root, "my.env"), "utf8")).toBe("mine\n");
  expect(git(root, "status", "--porcelain")).toBe("");
});

test.skipIf(whyNoMount() !== null)("on a full disk the user's files stay as they are", async () => {
  const disk = smallFileSystem(4_096);
  const large = (word: string) => `${word} line of text\n`.repeat(8_000);
  const files = { "a.txt": large("old"), "z.txt": "1\n", "gone.txt": "x\n" };
  const { root, repository, base } = await bench(files, disk);
  // Made elsewhere, so that the disk can be full by then.
  git(root, "checkout", "--quiet", "-b", "work");
  write(root, { "a.txt": large("new"), "b/new.txt": large("more"), "z.txt": "2\n" });
  git(root, "rm", "--quiet", "gone.txt");
  git(root, "add", "--all");
  git(root, "commit", "--quiet", "-m", "Work");
  const commit = headOf(root);
  git(root, "checkout", "--quiet", "main");
  fill(disk, 100);
  const result = await repository.mergeInto({
    branch: "main",
    commit,
    how: "auto",
    message: "Merge it",
  });
  expect(result).toMatchObject({ kind: "checkout_failed", path: root });
  expect(headOf(root)).toBe(base);
  expect(git(root, "status", "--porcelain")).toBe("");
  expect(readFileSync(join(root, "a.txt"), "utf8")).toBe(files["a.txt"]);
  rmSync(join(disk, "filling"));
  expect(await repository.mergeInto({ branch: "main", commit, how: "auto", message: "" }))
    .toMatchObject({ kind: "merged" });
});

/** Fills a file system but for so many KiB. */
function fill(directory: string, leftKib: number): void {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(join(directory, "filling"), Buffer.alloc(bavail * bsize - leftKib * 1024));
}

test("a branch that somebody moves meanwhile stays where they moved it", async () => {
  const { root, made, merge } = await bench();
  git(root, "branch", "other");
  const tom = await made("tom", { "b.txt": "2\n" });
  const ann = await made("ann", { "c.txt": "3\n" });
  for (const branch of ["other", "main"]) {
    const check = () => {
      git(
        root,
        branch === "main" ? "merge" : "branch",
        ...branch === "main" ? [ann] : ["-f", branch, ann],
      );
      return Promise.resolve({ passed: true, output: "" });
    };
    expect(await merge(tom, { branch, check })).toEqual({ kind: "moved" });
    expect(git(root, "rev-parse", branch)).toBe(ann);
    expect(git(root, "status", "--porcelain")).toBe("");
  }
});

test("what a killed merge has left is removed by a later one, a day after", async () => {
  const { root, made, merge } = await bench();
  const left = join(root, ".claude-orchestrator/worktrees/.merge-old");
  git(root, "worktree", "add", "--quiet", "--detach", left);
  const commit = await made("tom", { "b.txt": "2\n" });
  await merge(commit, { how: "merge_commit" });
  expect(existsSync(left)).toBe(true);
  utimesSync(left, new Date(0), new Date(0));
  git(root, "branch", "other", "HEAD~1");
  await merge(commit, { branch: "other", how: "merge_commit" });
  expect(existsSync(left)).toBe(false);
  expect(git(root, "worktree", "list")).not.toContain(".merge-");
});

test("a repository of 50,000 files is no burden", async () => {
  const files = Object.fromEntries(
    // Alike, for it is their number that matters: one object is made of them, not as many.
    Array.from({ length: 50_000 }, (_, at) => [`d${at % 200}/f${at}.txt`, "alike\n"]),
  );
  files["a.txt"] = "1\n";
  const { root, repository, made, merge, base } = await bench(files, roomyDirectory());
  const commit = await made("tom", { "d7/new.txt": "x" });
  const tree = await repository.ensureWorktree("tom");
  await repository.requireReady();
  await repository.ensureWorktree("tom");
  await repository.startFrom(tree, commit);
  write(tree.path, { "d8/f8.txt": "changed" });
  const next = await repository.commitAll(tree, "More");
  expect(await repository.diffstat(base, next ?? base)).toContain("2 files changed");
  expect(await repository.changedFiles(base, next ?? base, 1)).toEqual({
    files: [{ change: "A", path: "d7/new.txt" }],
    more: true,
  });
  expect(await merge(next ?? base)).toMatchObject({ kind: "merged" });
  expect(git(root, "status", "--porcelain")).toBe("");
}, 180_000);
