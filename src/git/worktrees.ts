import { dirname, join } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import type { Files } from "../platform/files.ts";
import { BRANCHES, refOf, RESERVED, workerBranch, worktreeSlug } from "./branch_names.ts";
import { type Location, WORKTREES } from "./discovery.ts";
import { CHECKOUT_TIMEOUT_MS, type Git } from "./git.ts";
import { listWorktrees, type WorktreeEntry } from "./worktree_list.ts";

/** A Worker's own work tree. */
export interface Worktree {
  readonly slug: string;
  readonly path: string;
  /** Its branch, without `refs/heads/`. */
  readonly branch: string;
  /** False for one that a former run has left. */
  readonly isNew: boolean;
}

/** Times that what was found is mended before it is given up. */
const MAX_TRIES = 4;

/**
 * The work tree of a member, made where it is not there yet: below the user's own, so that the project's
 * configuration is found from it. One of a former run is taken again as it is; one whose directory was
 * deleted, or whose repository was moved, is mended.
 *
 * @throws OrchestratorError WORKTREE_TAKEN where the branch or the directory is somebody else's
 */
export async function ensureWorktree(
  git: Git,
  files: Files,
  { root }: Location,
  name: string,
): Promise<Worktree> {
  const slug = worktreeSlug(name);
  const [branch, path] = [workerBranch(slug), join(root, ...WORKTREES, slug)];
  const found = { slug, path, branch, isNew: false };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const entries = await listWorktrees(git, root);
    const own = entries.find((entry) => entry.path === path);
    const holder = entries.find((entry) => entry.ref === refOf(branch) && entry.path !== path);
    if (own !== undefined) {
      if (own.locked !== "initializing" && await isUsable(git, files, path)) return found;
      await mend(git, files, root, own);
    } else if (files.status(path) !== null && !isEmptyDirectory(files, path)) {
      // The repository was moved, and its work trees with it; or somebody else's files are here.
      await git.run(root, ["worktree", "repair", path], { answers: [0, 1, 128] });
      const known = await listWorktrees(git, root);
      if (!known.some((entry) => entry.path === path)) throw inTheWay(path);
    } else if (holder !== undefined) {
      if (files.status(holder.path) !== null) throw checkedOut(branch, holder.path);
      await forget(git, root, holder);
    } else {
      await add(git, files, root, { branch, path });
      return { ...found, isNew: true };
    }
  }
  throw inTheWay(path);
}

/**
 * Makes sure that members of these names can have work trees, and that their work can have branches; nothing
 * is changed. What `ensureWorktree` would mend is no reason to refuse.
 *
 * @throws OrchestratorError WORKTREE_TAKEN
 */
export async function requireRoomFor(
  git: Git,
  files: Files,
  { root }: Location,
  names: readonly string[],
): Promise<void> {
  const entries = await listWorktrees(git, root);
  for (const above of [BRANCHES, ...RESERVED.map(workerBranch)]) {
    if (await isThere(git, root, above)) throw leavesNoRoom(above, `${above}/…`);
  }
  for (const slug of names.map(worktreeSlug)) {
    const [branch, path] = [workerBranch(slug), join(root, ...WORKTREES, slug)];
    if (entries.some((entry) => entry.path === path)) continue;
    const found = files.status(path);
    const isWorktree = files.status(join(path, ".git")) !== null;
    if (found !== null && !isWorktree && !isEmptyDirectory(files, path)) throw inTheWay(path);
    const holder = entries.find((entry) => entry.ref === refOf(branch));
    if (holder !== undefined && files.status(holder.path) !== null) {
      throw checkedOut(branch, holder.path);
    }
    if (await isThere(git, root, branch)) await requireOurs(git, root, branch);
    else await requireRoom(git, root, branch);
  }
}

function isEmptyDirectory(files: Files, path: string): boolean {
  return files.status(path)?.kind === "directory" && files.list(path).length === 0;
}

/** Whether git finds the work tree itself at the path, and not the repository around it. */
async function isUsable(git: Git, files: Files, path: string): Promise<boolean> {
  if (files.status(path)?.kind !== "directory") return false;
  return await git.lineOrNull(path, "rev-parse", "--show-toplevel") === path;
}

async function mend(git: Git, files: Files, root: string, own: WorktreeEntry): Promise<void> {
  // Locked so by `worktree add` itself until it is done: it was killed, and nothing was worked on yet.
  if (own.locked === "initializing") {
    await git.run(root, ["worktree", "remove", "--force", "--force", own.path]);
  } else if (files.status(own.path) === null) {
    await forget(git, root, own);
  } else {
    await git.run(root, ["worktree", "repair", own.path], { answers: [0, 1, 128] });
    await git.run(root, ["worktree", "repair"], { answers: [0, 1, 128] });
  }
}

/** Drops what git knows of a work tree whose directory is gone; others that are away are left alone. */
async function forget(git: Git, root: string, { path, locked }: WorktreeEntry): Promise<void> {
  if (locked !== null) {
    throw new OrchestratorError(
      "WORKTREE_TAKEN",
      `The work tree "${path}" is locked, and not there`,
      {
        hint: `If it is not on a disk that will come back: git worktree unlock "${path}"`,
        details: { path, reason: locked },
      },
    );
  }
  await git.run(root, ["worktree", "remove", "--force", path]);
}

async function add(
  git: Git,
  files: Files,
  root: string,
  { branch, path }: { readonly branch: string; readonly path: string },
): Promise<void> {
  files.makeDirectory(dirname(path));
  if (await isThere(git, root, branch)) {
    await requireOurs(git, root, branch);
  } else {
    await requireRoom(git, root, branch);
    // Marked first: a branch that is there without its mark is somebody else's.
    await git.run(root, ["config", markOf(branch), "true"]);
    // Not by `worktree add -b`: where that fails the branch is there, and it cannot be tried again.
    await git.run(root, ["branch", "--quiet", "--no-track", branch, "HEAD"]);
  }
  const timeout = { timeoutMs: CHECKOUT_TIMEOUT_MS };
  await git.run(root, ["worktree", "add", "--quiet", path, branch], timeout);
}

/** The setting by which a branch is known as a Worker's. */
function markOf(branch: string): string {
  return `branch.${branch}.orchestrator`;
}

function isThere(git: Git, root: string, branch: string): Promise<boolean> {
  return git.says(root, "show-ref", "--verify", "--quiet", refOf(branch));
}

async function requireOurs(git: Git, root: string, branch: string): Promise<void> {
  if (await git.lineOrNull(root, "config", "--get", markOf(branch)) === "true") return;
  throw taken(`The branch "${branch}" is there and was not made for a Worker`, branch);
}

/** A branch `a` leaves no room for `a/b`, and the other way round. */
async function requireRoom(git: Git, root: string, branch: string): Promise<void> {
  if (await isThere(git, root, BRANCHES)) throw leavesNoRoom(BRANCHES, branch);
  const below = await git.line(root, "for-each-ref", "--count=1", `${refOf(branch)}/`);
  if (below !== "") throw taken(`There are branches below "${branch}"`, `${branch}/…`);
}

function leavesNoRoom(branch: string, below: string): OrchestratorError {
  return taken(`The branch "${branch}" leaves no room for "${below}"`, branch);
}

function taken(message: string, branch: string): OrchestratorError {
  return new OrchestratorError("WORKTREE_TAKEN", message, {
    hint: `Rename what is there: git branch -m "${branch}" other-name`,
    details: { branch },
  });
}

function checkedOut(branch: string, path: string): OrchestratorError {
  return new OrchestratorError("WORKTREE_TAKEN", `"${branch}" is checked out in "${path}"`, {
    hint: "Switch to another branch there, or give the Worker another name",
    details: { branch, path },
  });
}

function inTheWay(path: string): OrchestratorError {
  return new OrchestratorError(
    "WORKTREE_TAKEN",
    `"${path}" is in the way of a Worker's work tree`,
    {
      hint: "Move it away; it is no work tree that could be mended",
      details: { path },
    },
  );
}
