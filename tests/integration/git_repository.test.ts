import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { parseCommitId } from "../../src/git/commit_id.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import type { Worktree } from "../../src/git/worktrees.ts";
import { git, gitEnv, madeRepository, NEEDS, opened, write } from "../support/git_bench.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** How a promise was refused: code, the one word for programs, and the sentence. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    expect(error.hint).toBeTruthy();
    return [error.code, error.details["problem"], error.message].filter(Boolean).join(" ");
  }
  return "not refused";
}

function commitOf(directory: string, name = "HEAD") {
  const id = parseCommitId(git(directory, "rev-parse", name));
  if (id === null) throw new Error("No commit");
  return id;
}

/** Changes files in a work tree and commits them through the repository. */
async function work(
  repository: Repository,
  tree: Worktree,
  files: Readonly<Record<string, string>>,
  message = "Work",
) {
  write(tree.path, files);
  const commit = await repository.commitAll(tree, message);
  if (commit === null) throw new Error("Nothing was changed");
  return commit;
}

const branches = (directory: string) =>
  git(directory, "for-each-ref", "--format=%(refname:short)", "refs/heads").split("\n");

describe("finding a repository", () => {
  test("outside of any there is none", async () => {
    expect(await openRepository(temporaryDirectory(), NEEDS)).toBe(null);
  });

  test("from a directory below its top it is found", async () => {
    const root = madeRepository({ "src/deep/a.ts": "1" });
    expect((await opened(join(root, "src/deep"))).root).toBe(root);
  });

  test("from a Worker's work tree it is the one that this was made for", async () => {
    const root = madeRepository();
    const { path } = await (await opened(root)).ensureWorktree("tom");
    expect((await opened(path)).root).toBe(root);
  });

  test("whatever variables of git are set around us, it is the directory's own", async () => {
    const [root, other] = [madeRepository(), madeRepository()];
    const env = gitEnv({
      GIT_DIR: join(other, ".git"),
      GIT_INDEX_FILE: "/x",
      GIT_WORK_TREE: other,
    });
    const repository = await opened(root, { env });
    expect(repository.root).toBe(root);
    expect(await repository.head()).toBe(commitOf(root));
  });

  test("a bare one is refused", async () => {
    const bare = temporaryDirectory();
    git(bare, "init", "--quiet", "--bare");
    expect(await refusal(opened(bare))).toContain("UNSUITABLE_REPOSITORY bare");
  });

  test("one without a commit is refused", async () => {
    const empty = temporaryDirectory();
    git(empty, "init", "--quiet");
    expect(await refusal(opened(empty))).toContain("UNSUITABLE_REPOSITORY unborn");
  });

  test("the inside of .git is refused", async () => {
    expect(await refusal(opened(join(madeRepository(), ".git", "refs")))).toContain(
      "UNSUITABLE_REPOSITORY inside",
    );
  });

  test("a submodule is refused, the repository around it is not", async () => {
    const [outer, inner] = [madeRepository(), madeRepository()];
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "inner");
    git(outer, "commit", "--quiet", "-m", "Add it");
    expect(await refusal(opened(join(outer, "inner")))).toContain(
      "UNSUITABLE_REPOSITORY submodule",
    );
    const repository = await opened(outer);
    expect(await repository.hasSubmodules()).toBe(true);
    const tree = await repository.ensureWorktree("tom");
    const commit = await work(repository, tree, { "new.txt": "x" });
    expect(await repository.changedFiles(commitOf(outer), commit)).toMatchObject({
      files: [{ change: "A", path: "new.txt" }],
    });
  });

  test("without git it is said so", async () => {
    const root = madeRepository();
    expect(await refusal(opened(root, { env: gitEnv({ PATH: "/nonexistent" }) }))).toContain(
      "GIT_NOT_FOUND",
    );
  });

  test("a directory that is not there is git's own failure", async () => {
    expect(await refusal(opened("/nonexistent/x"))).toMatch(/^GIT_FAILED .*cannot change to/);
  });
});

describe("the user's work tree", () => {
  test("is ready when it is clean and on a branch, also with our own files in it", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    await repository.ensureWorktree("tom");
    write(root, { ".claude-orchestrator/config.json": "{}" });
    const ready = { branch: "main", commit: commitOf(root), untracked: [] };
    expect(await repository.requireReady()).toEqual(ready);
    expect(git(root, "status", "--porcelain")).toBe("");
  });

  test.each<[string, (root: string) => void, RegExp]>([
    ["changed", (root) => write(root, { "README.md": "x" }), /^TREE_DIRTY .*"README.md"/],
    ["new", (root) => write(root, { "a b\n'\"é.txt": "x" }), /^TREE_DIRTY .*"a b\\n'\\"é.txt"/],
    [
      "staged",
      (root) => {
        write(root, { "new.txt": "x" });
        git(root, "add", "new.txt");
      },
      /^TREE_DIRTY .*"new.txt"/,
    ],
    [
      "detached",
      (root) => git(root, "checkout", "--quiet", "--detach"),
      /^UNSUITABLE_REPOSITORY detached/,
    ],
    [
      "in a merge",
      (root) => {
        git(root, "checkout", "--quiet", "-b", "other");
        git(root, "commit", "--quiet", "--allow-empty", "-m", "o");
        git(root, "checkout", "--quiet", "main");
        git(root, "merge", "--quiet", "--no-ff", "--no-commit", "other");
      },
      /^REPOSITORY_BUSY .*in the middle of a merge/,
    ],
    [
      "in a rebase",
      (root) => mkdirSync(join(root, ".git", "rebase-merge")),
      /^REPOSITORY_BUSY .*in the middle of a rebase/,
    ],
  ])("that is %s is refused", async (_what, make, why) => {
    const root = madeRepository();
    make(root);
    expect(await refusal((await opened(root)).requireReady())).toMatch(why);
  });

  test("may have files of ours that nobody has committed yet, and no others beside", async () => {
    const root = madeRepository();
    const ours = [".claude/skills/ours/SKILL.md", "CLAUDE.md"];
    write(root, Object.fromEntries(ours.map((path) => [path, "x"])));
    const repository = await opened(root);
    expect(await refusal(repository.requireReady())).toMatch(/^TREE_DIRTY .*"\.claude\/"/);
    expect(await repository.requireReady(ours)).toMatchObject({ untracked: ours });
    write(root, { ".claude/skills/ours/mine.md": "x" });
    expect(await refusal(repository.requireReady(ours)))
      .toMatch(/^TREE_DIRTY .*: "\.claude\/skills\/ours\/mine\.md"$/);
  });

  test("of very many changes the first are named", async () => {
    const root = madeRepository();
    write(root, Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`f${at}`, ""])));
    expect(await refusal((await opened(root)).requireReady())).toContain("and 10 more");
  });

  test("keeps what its owner excludes, and gets our block once", async () => {
    const root = madeRepository();
    const exclude = join(root, ".git/info/exclude");
    writeFileSync(exclude, "*.mine");
    const repository = await opened(root);
    repository.excludeOwnFiles();
    const once = readFileSync(exclude, "utf8");
    repository.excludeOwnFiles();
    expect(readFileSync(exclude, "utf8")).toBe(once);
    expect(once).toMatch(/^\*\.mine\n# claude-orchestrator: begin\n[^]*end\n$/);
    repository.excludeOwnFiles([".claude/skills/ours/"]);
    expect(readFileSync(exclude, "utf8")).toContain(".claude/skills/ours/");
    expect(readFileSync(exclude, "utf8")).not.toContain(".claude-orchestrator/");
  });
});

describe("a Worker's work tree", () => {
  test("has its own branch, and is taken again", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    expect(tree).toMatchObject({ slug: "tom", branch: "claude-orchestrator/tom", isNew: true });
    expect(git(tree.path, "symbolic-ref", "--short", "HEAD")).toBe("claude-orchestrator/tom");
    write(tree.path, { "half.txt": "x" });
    expect(await (await opened(root)).ensureWorktree("tom")).toEqual({ ...tree, isNew: false });
    expect(existsSync(join(tree.path, "half.txt"))).toBe(true);
  });

  test.each([
    "",
    "..",
    "a/b",
    "-x",
    "x.lock",
    "Tom Ö'Neill\n",
    "名前",
    "a..b",
    "rescued",
    "a".repeat(99),
  ])(
    "can be that of %j, whatever the name",
    async (name) => {
      const root = madeRepository();
      const tree = await (await opened(root)).ensureWorktree(name);
      expect(tree.path.startsWith(join(root, ".claude-orchestrator/worktrees/"))).toBe(true);
      expect(readFileSync(join(tree.path, "README.md"), "utf8")).toBe("hello\n");
      expect(branches(root)).toContain(tree.branch);
    },
  );

  test.each(["with spaces", "quo'te\"s", "new\nline", "größe 名", "$(touch x);`y`"])(
    "works in a repository called %j",
    async (name) => {
      const root = madeRepository({ [`${name}/f.txt`]: "1" }, name);
      const repository = await opened(root);
      const tree = await repository.ensureWorktree("tom");
      const commit = await work(repository, tree, { [`${name}/g.txt`]: "2" });
      const { files } = await repository.changedFiles(commitOf(root), commit);
      expect(files).toEqual([{ change: "A", path: `${name}/g.txt` }]);
      expect(await (await opened(root)).ensureWorktree("tom")).toMatchObject({ isNew: false });
    },
  );

  test("is made again when its directory was deleted, with its branch", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    const commit = await work(repository, tree, { "a.txt": "1" });
    rmSync(tree.path, { recursive: true });
    const again = await repository.ensureWorktree("tom");
    expect(again.isNew).toBe(true);
    expect(await repository.headOf(again)).toBe(commit);
  });

  test("is made again when .claude-orchestrator was deleted as a whole", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    await repository.ensureWorktree("tom");
    await repository.ensureWorktree("ann");
    rmSync(join(root, ".claude-orchestrator"), { recursive: true });
    expect(await repository.ensureWorktree("tom")).toMatchObject({ isNew: true });
  });

  test("is mended when the repository was moved, with what lies in it", async () => {
    const root = madeRepository();
    const tree = await (await opened(root)).ensureWorktree("tom");
    write(tree.path, { "half.txt": "x" });
    const moved = `${root} moved`;
    renameSync(root, moved);
    const again = await (await opened(moved)).ensureWorktree("tom");
    expect(again).toMatchObject({ isNew: false });
    expect(git(again.path, "status", "--porcelain")).toBe("?? half.txt");
  });

  test("is mended when its .git file was deleted", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    rmSync(join(tree.path, ".git"));
    expect(await repository.ensureWorktree("tom")).toMatchObject({ isNew: false });
    expect(await repository.headOf(tree)).toBe(commitOf(root));
  });

  test("is made anew when its making was killed", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    writeFileSync(join(root, ".git/worktrees/tom/locked"), "initializing");
    rmSync(join(tree.path, "README.md"));
    expect(await repository.ensureWorktree("tom")).toMatchObject({ isNew: true });
    expect(existsSync(join(tree.path, "README.md"))).toBe(true);
  });

  test("that is locked can be used; locked and gone, it is not made again unasked", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    git(root, "worktree", "lock", "--reason", "usb", tree.path);
    expect(await repository.ensureWorktree("tom")).toMatchObject({ isNew: false });
    rmSync(tree.path, { recursive: true });
    expect(await refusal(repository.ensureWorktree("tom"))).toMatch(/^WORKTREE_TAKEN .*locked/);
  });

  test.each<[string, (root: string) => void, RegExp]>([
    [
      "a branch that leaves no room",
      (root) => git(root, "branch", "claude-orchestrator"),
      /^WORKTREE_TAKEN The branch "claude-orchestrator" leaves no room/,
    ],
    [
      "branches below its own",
      (root) => git(root, "branch", "claude-orchestrator/tom/x"),
      /^WORKTREE_TAKEN There are branches below/,
    ],
    [
      "a branch of its name that somebody else made",
      (root) => git(root, "branch", "claude-orchestrator/tom"),
      /^WORKTREE_TAKEN .*was not made for a Worker/,
    ],
    [
      "files in its place",
      (root) => write(root, { ".claude-orchestrator/worktrees/tom/mine.txt": "x" }),
      /^WORKTREE_TAKEN .*is in the way/,
    ],
    [
      "a file in the place of its directory",
      (root) => write(root, { ".claude-orchestrator/worktrees/tom": "x" }),
      /^WORKTREE_TAKEN .*is in the way/,
    ],
  ])("is refused because of %s, and nothing is touched", async (_what, make, why) => {
    const root = madeRepository();
    make(root);
    const before = branches(root);
    const repository = await opened(root);
    expect(await refusal(repository.requireRoomFor(["ann", "tom"]))).toMatch(why);
    expect(await refusal(repository.ensureWorktree("tom"))).toMatch(why);
    expect(branches(root)).toEqual(before);
  });

  test("is promised to whoever has one, mended or not, and to whoever can have one", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    await repository.requireRoomFor(["tom", "ann"]);
    expect(branches(root)).toEqual(["main"]);
    const tree = await repository.ensureWorktree("tom");
    await repository.requireRoomFor(["tom", "ann"]);
    rmSync(tree.path, { recursive: true });
    await repository.requireRoomFor(["tom", "ann"]);
    git(root, "branch", "claude-orchestrator/chains");
    expect(await refusal(repository.requireRoomFor(["tom"])))
      .toMatch(/^WORKTREE_TAKEN .*"claude-orchestrator\/chains" leaves no room/);
  });

  test("is refused while its branch is checked out elsewhere", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    git(root, "worktree", "remove", tree.path);
    git(root, "checkout", "--quiet", tree.branch);
    expect(await refusal(repository.ensureWorktree("tom"))).toMatch(
      /^WORKTREE_TAKEN .*is checked out in/,
    );
  });

  test("runs no hook, signs nothing and asks nobody", async () => {
    const root = madeRepository();
    for (const hook of ["post-checkout", "pre-commit", "commit-msg", "post-commit"]) {
      writeFileSync(join(root, ".git/hooks", hook), "#!/bin/sh\ntouch ../hooked\nexit 1\n", {
        mode: 0o755,
      });
    }
    git(root, "config", "commit.gpgSign", "true");
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    await work(repository, tree, { "a.txt": "1" });
    expect(existsSync(join(root, ".claude-orchestrator/worktrees/hooked"))).toBe(false);
  });

  test("waits for one that another process is about to make", async () => {
    const root = madeRepository();
    await (await opened(root)).ensureWorktree("other");
    // As git leaves it for a moment, between making the file and writing it.
    const half = join(root, ".git/worktrees/other/commondir");
    const written = readFileSync(half);
    writeFileSync(half, "");
    let waits = 0;
    const timer: Clock["timer"] = (ms, fire) => {
      // The others are what a command may take.
      if (ms < 10_000 && ++waits === 2) writeFileSync(half, written);
      return systemClock.timer(ms, fire);
    };
    const repository = await opened(root, { clock: { ...systemClock, timer } });
    expect(await repository.ensureWorktree("tom")).toMatchObject({ isNew: true });
    expect(waits).toBe(2);
  });

  test("can be made by several processes at once", async () => {
    const root = madeRepository();
    const names = Array.from({ length: 8 }, (_, at) => `w${at}`);
    const made = await Promise.all(names.map(async (name) => {
      const repository = await opened(root);
      const tree = await repository.ensureWorktree(name);
      for (const round of [1, 2, 3]) await work(repository, tree, { [`${name}.txt`]: `${round}` });
      return git(tree.path, "rev-list", "--count", "HEAD");
    }));
    expect(made).toEqual(names.map(() => "4"));
  });
});

describe("a commit", () => {
  test("has its message as it is, and its author as configured", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    const message = "# not a comment\n\n$(rm -rf /) `x` \"'\n--amend\n-m é 名";
    const commit = await work(repository, tree, { "a.txt": "1" }, message);
    expect(git(root, "log", "-1", "--format=%B", commit).trim()).toBe(message);
    expect(git(root, "log", "-1", "--format=%an <%ae>", commit)).toBe("Ada <ada@example.org>");
    expect(await repository.commitAll(tree, "nothing")).toBe(null);
  });

  test("has an author also where nobody is configured", async () => {
    const root = madeRepository();
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: "/nonexistent",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
    };
    git(root, "config", "user.useConfigOnly", "true");
    const repository = await opened(root, { env });
    const tree = await repository.ensureWorktree("tom");
    const commit = await work(repository, tree, { "a.txt": "1" }, "");
    expect(git(root, "log", "-1", "--format=%an: %s", commit)).toBe(
      "claude-orchestrator: Work of an agent",
    );
  });

  test("waits for a lock that another process holds for a moment", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    const lock = join(root, ".git/worktrees/tom/index.lock");
    writeFileSync(lock, "");
    setTimeout(() => rmSync(lock), 300);
    await work(repository, tree, { "a.txt": "1" });
  });

  test("of another process is only looked for by its whole name", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const head = commitOf(root);
    expect(await repository.find(head)).toBe(head);
    for (const text of ["HEAD", "main", "--all", head.slice(0, 12), "0".repeat(40), "", null]) {
      expect(await repository.find(text)).toBe(null);
    }
  });
});

describe("beginning from a commit", () => {
  async function bench() {
    const root = madeRepository({ "README.md": "hello\n", ".gitignore": "cache/\n" });
    const repository = await opened(root);
    const tree = await repository.ensureWorktree("tom");
    return { root, repository, tree, base: commitOf(root) };
  }
  const shown = (root: string, branch: string | undefined, path: string) =>
    git(root, "show", `${branch}:${path}`);

  test("has that commit's files, and what is ignored stays", async () => {
    const { repository, tree, root } = await bench();
    const ann = await repository.ensureWorktree("ann");
    const commit = await work(repository, ann, { "a.txt": "1" });
    write(tree.path, { "cache/big": "x" });
    expect(await repository.startFrom(tree, commit)).toEqual([]);
    expect(await repository.headOf(tree)).toBe(commit);
    expect(git(tree.path, "symbolic-ref", "--short", "HEAD")).toBe(tree.branch);
    expect(existsSync(join(tree.path, "cache/big"))).toBe(true);
    expect(branches(root).filter((name) => name.includes("rescued"))).toEqual([]);
  });

  test("keeps what a killed run has left, committed or not", async () => {
    const { repository, tree, base, root } = await bench();
    const own = await work(repository, tree, { "own.txt": "committed" });
    write(tree.path, { "README.md": "half", "new.txt": "new", "a\nb": "odd" });
    rmSync(join(tree.path, "own.txt"));
    const [rescued, ...more] = await repository.startFrom(tree, base);
    expect(more).toEqual([]);
    expect(rescued).toMatch(/^claude-orchestrator\/rescued\/tom-[0-9a-f]{12}$/);
    expect(shown(root, rescued, "new.txt")).toBe("new");
    expect(shown(root, rescued, "README.md")).toBe("half");
    expect(git(root, "rev-parse", `${rescued}^`)).toBe(own);
    expect(git(tree.path, "status", "--porcelain")).toBe("");
    expect(existsSync(join(tree.path, "own.txt"))).toBe(false);
    expect(await repository.startFrom(tree, base)).toEqual([]);
  });

  test("keeps commits that nothing else holds, and only those", async () => {
    const { repository, tree, base, root } = await bench();
    const first = await work(repository, tree, { "a.txt": "1" });
    await repository.moveBranch("claude-orchestrator/chains/chain-1", first);
    expect(await repository.startFrom(tree, base)).toEqual([]);
    const second = await work(repository, tree, { "b.txt": "1" });
    const [rescued] = await repository.startFrom(tree, base);
    expect(git(root, "rev-parse", rescued ?? "")).toBe(second);
  });

  test("gets out of whatever the agent has left the work tree in", async () => {
    const { repository, tree, base, root } = await bench();
    git(tree.path, "checkout", "--quiet", "-b", "side");
    await work(repository, tree, { "README.md": "side\n" });
    git(tree.path, "checkout", "--quiet", "--detach", base);
    await work(repository, tree, { "README.md": "detached\n" });
    expect(() => git(tree.path, "merge", "side")).toThrow();
    const rescued = await repository.startFrom(tree, base);
    expect(rescued.length).toBe(1);
    expect(shown(root, rescued[0], "README.md")).toContain("<<<<<<<");
    expect(git(tree.path, "status", "--porcelain")).toBe("");
    expect(git(tree.path, "symbolic-ref", "--short", "HEAD")).toBe(tree.branch);
  });

  test("gets out of a rebase", async () => {
    const { repository, tree, base } = await bench();
    const first = await work(repository, tree, { "README.md": "one\n" });
    git(tree.path, "checkout", "--quiet", "-B", "side", base);
    await work(repository, tree, { "README.md": "two\n" });
    expect(() => git(tree.path, "rebase", first)).toThrow();
    await repository.startFrom(tree, base);
    expect(git(tree.path, "status", "--porcelain")).toBe("");
    expect(git(tree.path, "symbolic-ref", "--short", "HEAD")).toBe(tree.branch);
    expect(await repository.headOf(tree)).toBe(base);
  });
});

describe("a branch", () => {
  test("moves only from where it was seen", async () => {
    const root = madeRepository();
    const repository = await opened(root);
    const first = commitOf(root);
    const tree = await repository.ensureWorktree("tom");
    const second = await work(repository, tree, { "a.txt": "1" });
    const name = "claude-orchestrator/chains/chain-1";
    expect(await repository.tipOf(name)).toBe(null);
    expect(await repository.moveBranch(name, first, null)).toBe(true);
    expect(await repository.moveBranch(name, second, null)).toBe(false);
    expect(await repository.moveBranch(name, second, second)).toBe(false);
    expect(await repository.moveBranch(name, second, first)).toBe(true);
    expect(await repository.tipOf(name)).toBe(second);
    expect(await repository.isAncestor(first, second)).toBe(true);
    expect(await repository.isAncestor(second, first)).toBe(false);
  });
});
