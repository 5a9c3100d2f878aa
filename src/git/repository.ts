import type { Files } from "../platform/files.ts";
import type { Random } from "../platform/random.ts";
import { BRANCHES, refOf, rescueBranch } from "./branch_names.ts";
import { commitAll } from "./commit.ts";
import { type CommitId, parseCommitId } from "./commit_id.ts";
import { markedFiles } from "./conflicts.ts";
import { type ChangedFile, changedFiles, diffstat } from "./difference.ts";
import { headOf, locate, type Location } from "./discovery.ts";
import { excludeOwnFiles } from "./exclude_block.ts";
import { Git, type GitNeeds } from "./git.ts";
import { mergeInto, type MergeRequest, type MergeResult } from "./merge.ts";
import { startFrom } from "./start_from.ts";
import {
  gitDirOf,
  type Ready,
  requireBranch,
  requireReady,
  statusOf,
  type TreeStatus,
} from "./tree_state.ts";
import { listWorktrees } from "./worktree_list.ts";
import { ensureWorktree, requireRoomFor, type Worktree } from "./worktrees.ts";

/**
 * A repository with a work tree of its user, and those of Workers below it. Several processes may use it
 * at once: each work tree has one, a lock that another one holds is waited for, and a branch moves only
 * from where it was seen. Every method throws OrchestratorError GIT_NOT_FOUND, GIT_FAILED or TIMED_OUT.
 */
export interface Repository extends Location {
  /** The user's work tree, ready to be begun from and merged into; see `requireReady`. */
  requireReady(ours?: readonly string[]): Promise<Ready>;
  /** The branch of the user's work tree; see `requireBranch`. */
  requireBranch(): Promise<string>;
  /** What differs in the user's work tree from its commit. */
  status(): Promise<TreeStatus>;
  /** The commit of the user's work tree. */
  head(): Promise<CommitId | null>;
  /** Keeps what this program writes out of the repository's status; `patterns` as in .gitignore. */
  excludeOwnFiles(patterns?: readonly string[]): void;
  /** Whether commits have submodules, whose directories stay empty in the work trees of Workers. */
  hasSubmodules(): Promise<boolean>;
  /** That members of these names can have one; see `requireRoomFor`. */
  requireRoomFor(names: readonly string[]): Promise<void>;
  /** The work tree of a member; see `ensureWorktree`. */
  ensureWorktree(name: string): Promise<Worktree>;
  /** Puts it onto a commit; the branches on which leftovers were kept. See `startFrom`. */
  startFrom(worktree: Worktree, commit: CommitId): Promise<string[]>;
  /** Commits everything in it; null where nothing was changed. */
  commitAll(worktree: Pick<Worktree, "path">, message: string): Promise<CommitId | null>;
  /** Git's own directory of it, absolute. */
  gitDirOf(worktree: Pick<Worktree, "path">): Promise<string>;
  /** The commit that it stands on. */
  headOf(worktree: Pick<Worktree, "path">): Promise<CommitId | null>;
  /** A commit that is here, by its whole name; null for any other text. */
  find(commit: string | null | undefined): Promise<CommitId | null>;
  /** Where a branch stands; null where there is none. */
  tipOf(branch: string): Promise<CommitId | null>;
  /**
   * Makes or moves a branch. `from`: where it has to stand; null: it must not be there; undefined:
   * anywhere. False where it stands elsewhere, or is checked out in some work tree.
   */
  moveBranch(branch: string, to: CommitId, from?: CommitId | null): Promise<boolean>;
  /**
   * Moves a branch that holds what a chain or a task has come to. Where it held the work of another one, as
   * of a team that was here before, that is kept on the branch which is returned; null: it was not.
   * Undefined where it is checked out in some work tree, and stays.
   */
  moveResult(branch: string, to: CommitId): Promise<string | null | undefined>;
  /** Whether the first commit is the second one, or comes before it. */
  isAncestor(commit: CommitId, of: CommitId): Promise<boolean>;
  /** Whether a commit joins two others or more. */
  isMerge(commit: CommitId): Promise<boolean>;
  /** Files of the second commit with marks of a conflict that the first one does not have. */
  markedFiles(before: CommitId, commit: CommitId): Promise<string[]>;
  mergeInto(request: MergeRequest): Promise<MergeResult>;
  changedFiles(
    from: CommitId,
    to: CommitId,
    max?: number,
  ): Promise<{ files: ChangedFile[]; more: boolean }>;
  diffstat(from: CommitId, to: CommitId): Promise<string>;
}

export interface RepositoryNeeds extends GitNeeds {
  readonly files: Files;
  readonly random: Random;
}

/**
 * The repository that a directory belongs to; null where there is none.
 *
 * @throws OrchestratorError UNSUITABLE_REPOSITORY; see `locate`
 */
export async function openRepository(
  directory: string,
  needs: RepositoryNeeds,
): Promise<Repository | null> {
  const git = new Git(needs);
  const location = await locate(git, directory);
  return location === null ? null : repositoryAt(git, location, needs);
}

function repositoryAt(
  git: Git,
  location: Location,
  { files, random }: RepositoryNeeds,
): Repository {
  const { root, commonDir } = location;
  const verify = (name: string) =>
    git.lineOrNull(root, "rev-parse", "--verify", "--quiet", name).then(parseCommitId);
  return {
    ...location,
    requireReady: (ours) => requireReady(git, files, root, ours),
    requireBranch: () => requireBranch(git, root),
    status: () => statusOf(git, root),
    head: () => headOf(git, root),
    excludeOwnFiles: (patterns) => excludeOwnFiles(files, commonDir, patterns),
    hasSubmodules: async () =>
      await git.lineOrNull(root, "cat-file", "-t", "HEAD:.gitmodules") !== null,
    requireRoomFor: (names) => requireRoomFor(git, files, location, names),
    ensureWorktree: async (name) => {
      excludeOwnFiles(files, commonDir);
      return await ensureWorktree(git, files, location, name);
    },
    startFrom: (worktree, commit) => startFrom(git, files, worktree, commit),
    commitAll: ({ path }, message) => commitAll(git, path, message),
    gitDirOf: ({ path }) => gitDirOf(git, path),
    headOf: ({ path }) => headOf(git, path),
    find: async (commit) => {
      const id = parseCommitId(commit);
      return id === null ? null : await verify(`${id}^{commit}`);
    },
    tipOf: (branch) => verify(`${refOf(branch)}^{commit}`),
    moveResult: (branch, to) => moveResult(git, root, branch, to),
    moveBranch: (branch, to, from) => moveBranch(git, root, refOf(branch), { to, from }),
    isAncestor: (commit, of) => git.says(root, "merge-base", "--is-ancestor", commit, of),
    isMerge: async (commit) => await verify(`${commit}^2`) !== null,
    markedFiles: (before, commit) => markedFiles(git, root, [before, commit]),
    mergeInto: async (request) => {
      excludeOwnFiles(files, commonDir);
      return await mergeInto({ git, files, random, location }, request);
    },
    changedFiles: (from, to, max) => changedFiles(git, root, [from, to], max),
    diffstat: (from, to) => diffstat(git, root, [from, to]),
  };
}

async function moveBranch(
  git: Git,
  root: string,
  ref: string,
  { to, from }: { readonly to: CommitId; readonly from: CommitId | null | undefined },
): Promise<boolean> {
  if ((await listWorktrees(git, root)).some((entry) => entry.ref === ref)) return false;
  const old = from === null ? ["0".repeat(to.length)] : from === undefined ? [] : [from];
  const update = ["update-ref", "-m", "moved by claude-orchestrator", ref, to, ...old];
  return (await git.run(root, update, { answers: [0, 1, 128] })).exitCode === 0;
}

async function moveResult(
  git: Git,
  root: string,
  branch: string,
  to: CommitId,
): Promise<string | null | undefined> {
  const ref = refOf(branch);
  const tip = await git.lineOrNull(root, "rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
  const old = parseCommitId(tip);
  if (old === to) return null;
  const isWithin = (one: CommitId, other: CommitId) =>
    git.says(root, "merge-base", "--is-ancestor", one, other);
  const isOther = old !== null && !await isWithin(old, to) && !await isWithin(to, old);
  const name = `${branch.slice(BRANCHES.length + 1).replaceAll("/", "-")}-${old?.slice(0, 12)}`;
  const kept = isOther ? rescueBranch(name) : null;
  if (old !== null && kept !== null) {
    await git.run(root, ["update-ref", "-m", "rescued", refOf(kept), old]);
  }
  const isMoved = await moveBranch(git, root, ref, { to, from: undefined });
  return isMoved ? kept : undefined;
}
