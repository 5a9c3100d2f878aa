import { join } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import type { Files } from "../platform/files.ts";
import { BRANCHES } from "./branch_names.ts";
import { type CommitId, parseCommitId } from "./commit_id.ts";
import { unsuitable } from "./discovery.ts";
import type { Git } from "./git.ts";

/** What differs from the commit that is checked out. */
export interface TreeStatus {
  /** Paths of tracked files that were changed, staged or not. */
  readonly changed: readonly string[];
  /** Files and directories that git does not know and that nothing ignores. */
  readonly untracked: readonly string[];
}

/** A work tree that can be begun from, and merged into. */
export interface Ready {
  /** Name of the branch, without `refs/heads/`. */
  readonly branch: string;
  readonly commit: CommitId;
  /** Of the files that are the program's own, those that git does not know. */
  readonly untracked: readonly string[];
}

const OWN_DIRECTORY = `.${BRANCHES}`;
const MAX_STATUS_BYTES = 1024 * 1024;
/** Paths that an error names. */
const MAX_NAMED = 20;

/** What git keeps while something is under way, and what that is. */
const UNDER_WAY: Readonly<Record<string, string>> = {
  MERGE_HEAD: "merge",
  "rebase-merge": "rebase",
  "rebase-apply": "rebase",
  CHERRY_PICK_HEAD: "cherry-pick",
  REVERT_HEAD: "revert",
  BISECT_LOG: "bisect",
};

/** What this program keeps in a project is nobody's change, tracked or not. */
export function isOwnFile(path: string): boolean {
  return path.split("/").includes(OWN_DIRECTORY);
}

/** Of very many changes only the first MiB of names. */
export async function statusOf(git: Git, directory: string): Promise<TreeStatus> {
  const args = ["status", "--porcelain=v1", "-z", "--untracked-files=normal", "--no-renames"];
  const { stdout } = await git.run(directory, args, { maxOutputBytes: MAX_STATUS_BYTES });
  const entries = stdout.split("\0").filter((entry) => entry.length > 3);
  const paths = (wanted: boolean) =>
    entries.filter((entry) => entry.startsWith("??") === wanted).map((entry) => entry.slice(3));
  return { changed: paths(false), untracked: paths(true) };
}

/** The merge, rebase … that a work tree is in the middle of; null: none. */
export async function operationIn(
  git: Git,
  files: Pick<Files, "status">,
  directory: string,
): Promise<string | null> {
  return operationOf(files, await gitDirOf(git, directory));
}

/** The same, by git's own directory of the work tree. */
export function operationOf(files: Pick<Files, "status">, gitDir: string): string | null {
  const found = Object.entries(UNDER_WAY).find(([name]) =>
    files.status(join(gitDir, name)) !== null
  );
  return found?.[1] ?? null;
}

/** Git's own directory of a work tree, absolute. */
export async function gitDirOf(git: Git, directory: string): Promise<string> {
  return await git.line(directory, "rev-parse", "--absolute-git-dir");
}

/** The branch that is checked out; null where a commit is, without one. */
export async function branchOf(git: Git, directory: string): Promise<string | null> {
  return await git.lineOrNull(directory, "symbolic-ref", "--quiet", "--short", "HEAD");
}

/**
 * The branch that is checked out.
 *
 * @throws OrchestratorError UNSUITABLE_REPOSITORY where there is none
 */
export async function requireBranch(git: Git, directory: string): Promise<string> {
  const branch = await branchOf(git, directory);
  if (branch !== null) return branch;
  throw unsuitable(
    "detached",
    `"${directory}" is on no branch (detached HEAD)`,
    "Go to one, or make one: git switch -c my-branch",
  );
}

/**
 * Makes sure that a work tree can be begun from. `ours`: files, from its top, that the program itself has
 * written for others to have; that git does not know them yet makes no tree dirty.
 *
 * @throws OrchestratorError REPOSITORY_BUSY in the middle of a merge or the like; TREE_DIRTY with the
 *   paths; UNSUITABLE_REPOSITORY without a branch
 */
export async function requireReady(
  git: Git,
  files: Pick<Files, "status">,
  directory: string,
  ours: readonly string[] = [],
): Promise<Ready> {
  const operation = await operationIn(git, files, directory);
  if (operation !== null) {
    throw new OrchestratorError(
      "REPOSITORY_BUSY",
      `"${directory}" is in the middle of a ${operation}`,
      { hint: "Finish it or give it up first; git status says how", details: { operation } },
    );
  }
  const branch = await requireBranch(git, directory);
  const { changed, untracked } = await statusOf(git, directory);
  const unknown = await spelledOut(git, directory, untracked, ours);
  const dirty = [...changed, ...unknown].filter((path) => !isOwnFile(path) && !ours.includes(path));
  if (dirty.length > 0) {
    const more = dirty.length > MAX_NAMED ? ` and ${dirty.length - MAX_NAMED} more` : "";
    throw new OrchestratorError(
      "TREE_DIRTY",
      `"${directory}" has changes that are in no commit: ` +
        dirty.slice(0, MAX_NAMED).map((path) => JSON.stringify(path)).join(", ") + more,
      {
        hint:
          "Commit them, put them aside (git stash -u), or have them ignored: agents see commits only",
        details: { changed: changed.length, untracked: untracked.length },
      },
    );
  }
  const commit = parseCommitId(await git.line(directory, "rev-parse", "HEAD"));
  if (commit === null) throw unsuitable("unborn", `"${directory}" has no commit yet`, "Make one");
  return { branch, commit, untracked: unknown.filter((path) => ours.includes(path)) };
}

/** Untracked paths, with the files instead of a directory that could hold one of ours. */
async function spelledOut(
  git: Git,
  directory: string,
  untracked: readonly string[],
  ours: readonly string[],
): Promise<string[]> {
  const paths: string[] = [];
  for (const path of untracked) {
    if (!path.endsWith("/") || !ours.some((file) => file.startsWith(path))) {
      paths.push(path);
      continue;
    }
    const others = [
      "ls-files",
      "--others",
      "--exclude-standard",
      "-z",
      "--",
      path,
    ];
    const { stdout } = await git.run(directory, others, { maxOutputBytes: MAX_STATUS_BYTES });
    paths.push(...stdout.split("\0").filter((file) => file !== ""));
  }
  return paths;
}
