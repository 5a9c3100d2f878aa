import { join } from "node:path";
import type { Files } from "../platform/files.ts";
import { refOf, rescueBranch } from "./branch_names.ts";
import { commitText } from "./commit.ts";
import { type CommitId, parseCommitId } from "./commit_id.ts";
import { headOf } from "./discovery.ts";
import { CHECKOUT_TIMEOUT_MS, type Git } from "./git.ts";
import { identityOptions } from "./identity.ts";
import { gitDirOf, operationOf, statusOf } from "./tree_state.ts";
import type { Worktree } from "./worktrees.ts";

const SLOW = { timeoutMs: CHECKOUT_TIMEOUT_MS };
/** ms after which a lock in a work tree where nothing runs any more is one that a killed git has left. */
const STALE_LOCK_MS = 10_000;

/**
 * Puts a Worker's work tree onto a commit, on its own branch. What a killed run has left there, committed
 * or not, is kept on branches `claude-orchestrator/rescued/…`, whose names are returned. What the project
 * ignores (installed packages, caches) stays where it is.
 *
 * @throws OrchestratorError GIT_FAILED, TIMED_OUT
 */
export async function startFrom(
  git: Git,
  files: Files,
  worktree: Worktree,
  commit: CommitId,
): Promise<string[]> {
  const { path, branch } = worktree;
  const gitDir = await gitDirOf(git, path);
  removeStaleLock(git, files, gitDir);
  const { changed, untracked } = await statusOf(git, path);
  const isDirty = changed.length + untracked.length > 0;
  const rescued = await rescue(git, worktree, { target: commit, isDirty });
  if (isDirty || operationOf(files, gitDir) !== null) {
    await git.run(path, ["rebase", "--quit"], { answers: [0, 1, 128] });
    await git.run(path, ["reset", "--hard", "--quiet"], SLOW);
    await git.run(path, ["clean", "-d", "--force", "--quiet"], SLOW);
  }
  await git.run(path, ["checkout", "--quiet", "--force", "--no-track", "-B", branch, commit], SLOW);
  return rescued;
}

function removeStaleLock(git: Git, files: Files, gitDir: string): void {
  const lock = join(gitDir, "index.lock");
  const found = files.status(lock);
  if (found !== null && git.clock.now() - found.modifiedAt > STALE_LOCK_MS) files.remove(lock);
}

async function rescue(
  git: Git,
  worktree: Worktree,
  { target, isDirty }: { readonly target: CommitId; readonly isDirty: boolean },
): Promise<string[]> {
  const { path, branch, slug } = worktree;
  const head = await headOf(git, path);
  const tip = parseCommitId(
    await git.lineOrNull(path, "rev-parse", "--verify", "--quiet", refOf(branch)),
  );
  const left = isDirty ? await commitOf(git, path, slug, head) : head;
  const rescued: string[] = [];
  for (const commit of new Set([left, head, tip])) {
    if (commit === null || commit === target) continue;
    if (await isKept(git, path, commit, branch, target)) continue;
    const name = rescueBranch(`${slug}-${commit.slice(0, 12)}`);
    await git.run(path, ["update-ref", "-m", "rescued", refOf(name), commit]);
    rescued.push(name);
  }
  return rescued;
}

/** A commit of all that lies in a work tree, on no branch; files in a conflict with their marks. */
async function commitOf(
  git: Git,
  path: string,
  slug: string,
  head: CommitId | null,
): Promise<CommitId | null> {
  await git.run(path, ["add", "--all"], SLOW);
  const tree = await git.line(path, "write-tree");
  const who = await identityOptions(git, path);
  const parent = head === null ? [] : ["-p", head];
  const message = commitText(`Left in the work tree of ${slug} by a run that was broken off`);
  const { stdout } = await git.run(path, [...who, "commit-tree", tree, ...parent], {
    input: message,
  });
  return parseCommitId(stdout.trim());
}

/** Whether a commit is reachable without the branch that is about to move away from it. */
async function isKept(
  git: Git,
  path: string,
  commit: CommitId,
  branch: string,
  target: CommitId,
): Promise<boolean> {
  if (await git.says(path, "merge-base", "--is-ancestor", commit, target)) return true;
  const containing = await git.line(
    path,
    "for-each-ref",
    `--contains=${commit}`,
    "--count=2",
    "--format=%(refname)",
  );
  return containing.split("\n").some((ref) => ref !== "" && ref !== refOf(branch));
}
