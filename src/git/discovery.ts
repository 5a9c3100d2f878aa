import { sep } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import { BRANCHES } from "./branch_names.ts";
import { type CommitId, parseCommitId } from "./commit_id.ts";
import type { Git } from "./git.ts";

/** Where a repository is. */
export interface Location {
  /** The user's work tree, its real path; never one of the program's own. */
  readonly root: string;
  /** What all work trees share: objects, refs, configuration. */
  readonly commonDir: string;
  /** From the root to the directory that was asked for, "" for the root itself; ends in a slash. */
  readonly prefix: string;
}

/** Where Workers' work trees are, below the root. */
export const WORKTREES = [`.${BRANCHES}`, "worktrees"] as const;

/**
 * Finds the repository of a directory; null where there is none.
 *
 * @throws OrchestratorError UNSUITABLE_REPOSITORY for one that nobody can work in this way: bare, inside
 *   `.git`, a submodule, without a commit; GIT_NOT_FOUND, GIT_FAILED, TIMED_OUT
 */
export async function locate(git: Git, directory: string): Promise<Location | null> {
  const asked = await git.run(directory, ["rev-parse", "--is-bare-repository"], {
    answers: [0, 128],
  });
  if (asked.exitCode !== 0) {
    if (/not a git repository/i.test(asked.stderr)) return null;
    // Again, so that the failure is told in its own words.
    await git.run(directory, ["rev-parse", "--is-bare-repository"]);
  }
  if (await git.line(directory, "rev-parse", "--is-inside-work-tree") !== "true") {
    const isBare = asked.stdout.trim() === "true";
    throw isBare
      ? unsuitable("bare", `"${directory}" is a bare repository`, "Clone it, and work in the clone")
      : unsuitable(
        "inside",
        `"${directory}" lies inside .git`,
        "Go to the project's own directory",
      );
  }
  const top = await git.line(directory, "rev-parse", "--show-toplevel");
  const parent = await git.line(directory, "rev-parse", "--show-superproject-working-tree");
  if (parent !== "") {
    throw unsuitable(
      "submodule",
      `"${top}" is a submodule of "${parent}"`,
      "Work in a clone of its own: commits here would have to be made known to the outer one",
    );
  }
  const commonDir = await git.line(top, "rev-parse", "--path-format=absolute", "--git-common-dir");
  const prefix = await git.line(directory, "rev-parse", "--show-prefix");
  const location = { root: outermost(top), commonDir, prefix };
  if (await headOf(git, location.root) === null) {
    throw unsuitable(
      "unborn",
      `"${location.root}" has no commit yet`,
      'Make a first one: git commit --allow-empty -m "Begin"',
    );
  }
  return location;
}

/** The commit that is checked out in a work tree; null where there is none yet. */
export async function headOf(git: Git, directory: string): Promise<CommitId | null> {
  return parseCommitId(await git.lineOrNull(directory, "rev-parse", "--verify", "--quiet", "HEAD"));
}

/** From a Worker's own work tree, the one that it was made for. */
function outermost(top: string): string {
  const inner = `${sep}${WORKTREES.join(sep)}${sep}`;
  const at = top.indexOf(inner);
  return at === -1 ? top : top.slice(0, at);
}

/** A repository that cannot be used as it is; `problem` is one word for programs. */
export function unsuitable(problem: string, message: string, hint: string): OrchestratorError {
  return new OrchestratorError("UNSUITABLE_REPOSITORY", message, { hint, details: { problem } });
}
