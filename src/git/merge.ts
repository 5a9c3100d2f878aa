import { dirname, join } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import type { Files } from "../platform/files.ts";
import type { Random } from "../platform/random.ts";
import { refOf } from "./branch_names.ts";
import { commitStaged, commitText } from "./commit.ts";
import { type CommitId, parseCommitId } from "./commit_id.ts";
import { type Conflict, conflictsIn } from "./conflicts.ts";
import { type Location, WORKTREES } from "./discovery.ts";
import { CHECKOUT_TIMEOUT_MS, type Git } from "./git.ts";
import { goForward } from "./go_forward.ts";
import { identityOptions } from "./identity.ts";
import { listWorktrees } from "./worktree_list.ts";

/** `auto`: forward where that can be, else a merge commit. */
export type MergeHow = "auto" | "fast_forward" | "merge_commit";

export interface MergeRequest {
  /** Without `refs/heads/`. */
  readonly branch: string;
  readonly commit: CommitId;
  /**
   * A branch that stands on `commit` and gets the result, while `branch` stays where it is; from there
   * `branch` can go forward to it. By default `branch` gets it.
   */
  readonly onto?: string;
  readonly how: MergeHow;
  /** Of a merge commit. */
  readonly message: string;
  /** Looks at the result, in a work tree of its own, before anybody gets it. */
  readonly check?: (directory: string) => Promise<{ passed: boolean; output: string }>;
}

export type MergeResult =
  /** The branch holds the commit already. */
  | { readonly kind: "nothing_to_do"; readonly commit: CommitId }
  | {
    readonly kind: "merged";
    readonly commit: CommitId;
    readonly how: Exclude<MergeHow, "auto">;
    /** The work tree that went forward with its branch; null: it is checked out nowhere. */
    readonly checkout: string | null;
  }
  | {
    readonly kind: "conflict";
    readonly conflicts: readonly Conflict[];
    readonly total: number;
    /** The merge as git left it, with the marks in its files; on no branch. */
    readonly commit: CommitId;
  }
  | { readonly kind: "not_forward" }
  /** `commit`: what was checked; on no branch, where it is a merge. */
  | { readonly kind: "check_failed"; readonly output: string; readonly commit: CommitId }
  /** Somebody else has moved the branch meanwhile. */
  | { readonly kind: "moved" }
  /** The branch is checked out where there are changes, or a merge is under way. */
  | { readonly kind: "checkout_dirty"; readonly path: string; readonly reason: string }
  /** The files where it is checked out could not be written; they are as they were, as far as that went. */
  | { readonly kind: "checkout_failed"; readonly path: string; readonly reason: string };

interface MergeNeeds {
  readonly git: Git;
  readonly files: Files;
  readonly random: Random;
  readonly location: Location;
}

const SLOW = { timeoutMs: CHECKOUT_TIMEOUT_MS };
/** Beginning of the names of work trees that are there for one merge. */
const TEMPORARY = ".merge-";
/** ms after which a temporary work tree is one that a killed process has left. */
const LEFT_MS = 24 * 3_600_000;

/**
 * Merges a commit into a branch. It is done in a temporary work tree; the branch that gets it moves only at
 * the end, from the very commit that was seen there. Where it is checked out, its work tree goes forward
 * with it, if it is clean: that is the one moment at which files of the user change. Any other result
 * changes nothing.
 *
 * @throws OrchestratorError GIT_FAILED, also for a branch that does not exist; TIMED_OUT
 */
export async function mergeInto(needs: MergeNeeds, request: MergeRequest): Promise<MergeResult> {
  const { git, location: { root } } = needs;
  const { branch, commit, how, onto } = request;
  const before = parseCommitId(await git.line(root, "rev-parse", "--verify", refOf(branch)));
  if (before === null) return { kind: "moved" };
  if (await git.says(root, "merge-base", "--is-ancestor", commit, before)) {
    return { kind: "nothing_to_do", commit: before };
  }
  const isForward = await git.says(root, "merge-base", "--is-ancestor", before, commit);
  if (how === "fast_forward" && !isForward) return { kind: "not_forward" };
  const goesForward = isForward && how !== "merge_commit";
  const [target, seen] = onto === undefined ? [branch, before] : [onto, commit];
  if (goesForward && request.check === undefined) {
    return await move(needs, target, seen, commit, "fast_forward");
  }
  const start = goesForward ? commit : before;
  return await inTemporaryWorktree(needs, start, async (directory) => {
    const result = goesForward ? commit : await mergeCommit(git, directory, request, before);
    if (typeof result !== "string") return result;
    const checked = await request.check?.(directory);
    if (checked !== undefined && !checked.passed) {
      return { kind: "check_failed", output: checked.output, commit: result };
    }
    return await move(needs, target, seen, result, goesForward ? "fast_forward" : "merge_commit");
  });
}

async function mergeCommit(
  git: Git,
  directory: string,
  { commit, message, branch }: MergeRequest,
  before: CommitId,
): Promise<CommitId | MergeResult> {
  const merge = ["merge", "--quiet", "--no-ff", "--no-commit", "--no-verify", commit];
  const { exitCode } = await git.run(directory, merge, { ...SLOW, answers: [0, 1] });
  if (exitCode !== 0) {
    const found = await conflictsIn(git, directory);
    const subject = `Merge "${branch}", in conflict`;
    const marked = await commitMarked(git, directory, subject, [commit, before]);
    return { kind: "conflict", ...found, commit: marked };
  }
  return await commitStaged(git, directory, message) ?? { kind: "moved" };
}

/** A commit, on no branch, of a merge that did not come to its end: files hold the marks of both sides. */
async function commitMarked(
  git: Git,
  directory: string,
  message: string,
  parents: readonly CommitId[],
): Promise<CommitId> {
  await git.run(directory, ["add", "--all"], SLOW);
  const tree = await git.line(directory, "write-tree");
  const who = await identityOptions(git, directory);
  const make = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent])];
  const { stdout } = await git.run(directory, [...who, ...make], { input: commitText(message) });
  const made = parseCommitId(stdout.trim());
  if (made === null) throw new OrchestratorError("GIT_FAILED", "git made no commit of a merge");
  return made;
}

/** Moves the branch, and the work tree where it is checked out. */
async function move(
  { git, files, location: { root } }: MergeNeeds,
  branch: string,
  before: CommitId,
  after: CommitId,
  how: "fast_forward" | "merge_commit",
): Promise<MergeResult> {
  const holder = (await listWorktrees(git, root)).find(({ ref }) => ref === refOf(branch));
  if (holder === undefined) {
    const update = ["update-ref", "-m", "merged by claude-orchestrator", refOf(branch)];
    const { exitCode } = await git.run(root, [...update, after, before], { answers: [0, 1, 128] });
    return exitCode === 0
      ? { kind: "merged", commit: after, how, checkout: null }
      : { kind: "moved" };
  }
  const { path } = holder;
  const gone = await goForward(git, files, path, [before, after]);
  return gone.kind === "forward"
    ? { kind: "merged", commit: after, how, checkout: path }
    : gone.kind === "moved"
    ? gone
    : { kind: `checkout_${gone.kind}`, path, reason: gone.reason };
}

async function inTemporaryWorktree<T>(
  { git, files, random, location: { root } }: MergeNeeds,
  commit: CommitId,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = join(root, ...WORKTREES, `${TEMPORARY}${random.id().slice(0, 12)}`);
  files.makeDirectory(dirname(directory));
  await removeLeft(git, files, root);
  try {
    await git.run(root, ["worktree", "add", "--quiet", "--detach", directory, commit], SLOW);
    return await work(directory);
  } finally {
    await remove(git, root, directory);
  }
}

/** Temporary work trees that killed processes have left, a day ago or more. */
async function removeLeft(git: Git, files: Files, root: string): Promise<void> {
  const parent = join(root, ...WORKTREES);
  for (const name of files.list(parent).filter((each) => each.startsWith(TEMPORARY))) {
    const path = join(parent, name);
    const modifiedAt = files.status(path)?.modifiedAt ?? git.clock.now();
    if (git.clock.now() - modifiedAt > LEFT_MS) await remove(git, root, path);
  }
}

/** One that cannot be removed is left to the next merge: it is in nobody's way. */
async function remove(git: Git, root: string, path: string): Promise<void> {
  await git.run(root, ["worktree", "remove", "--force", "--force", path], {
    ...SLOW,
    answers: [0, 1, 128],
  });
}
