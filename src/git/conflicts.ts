import { truncateUtf8 } from "../domain/text.ts";
import type { CommitId } from "./commit_id.ts";
import type { Git } from "./git.ts";

/** A file that two sides changed in the same place, or that one changed and the other removed. */
export interface Conflict {
  /** From the top of the repository, with forward slashes. */
  readonly path: string;
  /** The side on which it is gone; null where both have it. A file that is gone has no marks. */
  readonly goneOn: "ours" | "theirs" | null;
  /** What git shows of it, with the marks of both sides; cut where it is long. */
  readonly hunks: string;
}

const MAX_FILES = 20;
const MAX_FILE_BYTES = 8 * 1024;
const MAX_BYTES = 48 * 1024;

/**
 * What git writes around the two sides where a commit was merged by its name: of a document that
 * explains conflicts, neither line would end like this.
 */
const MARKS = "^(<<<<<<< HEAD|>>>>>>> ([0-9a-f]{40}|[0-9a-f]{64}))[[:space:]]*$";

/** What is in conflict in a work tree: the first files with their hunks, and how many files there are. */
export async function conflictsIn(
  git: Git,
  directory: string,
): Promise<{ conflicts: Conflict[]; total: number }> {
  const stages = await stagesIn(git, directory);
  const conflicts: Conflict[] = [];
  let left = MAX_BYTES;
  for (const [path, there] of [...stages].slice(0, MAX_FILES)) {
    const shown = await git.run(
      directory,
      ["diff", "--no-ext-diff", "--no-textconv", "--", path],
      { maxOutputBytes: MAX_FILE_BYTES },
    );
    const hunks = truncateUtf8(shown.stdout, Math.max(0, left)) +
      (shown.truncated ? "\n[…]\n" : "");
    left -= hunks.length;
    const goneOn = !there.has(OURS) ? "ours" : !there.has(THEIRS) ? "theirs" : null;
    conflicts.push({ path, goneOn, hunks });
  }
  return { conflicts, total: stages.size };
}

/** Git's numbers of the two sides of a file in conflict, beside 1, what both began from. */
const [OURS, THEIRS] = ["2", "3"];

/** By path, the sides of each file in conflict: a line is `<mode> <object> <stage>`, tab, path. */
async function stagesIn(git: Git, directory: string): Promise<Map<string, Set<string>>> {
  const { stdout } = await git.run(directory, ["ls-files", "--unmerged", "-z"]);
  const stages = new Map<string, Set<string>>();
  for (const entry of stdout.split("\0").filter((each) => each !== "")) {
    const tab = entry.indexOf("\t");
    const path = entry.slice(tab + 1);
    stages.set(path, (stages.get(path) ?? new Set()).add(entry.slice(tab - 1, tab)));
  }
  return stages;
}

/** Files of a commit in which marks of a conflict stand that the other commit does not have. */
export async function markedFiles(
  git: Git,
  directory: string,
  [before, commit]: readonly [CommitId, CommitId],
): Promise<string[]> {
  const search = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--text"];
  const changed = await git.run(directory, [...search, "-G", MARKS, before, commit]);
  const paths = changed.stdout.split("\0").filter((path) => path !== "");
  if (paths.length === 0) return [];
  const grep = ["grep", "--name-only", "-z", "--text", "--extended-regexp", "-e", MARKS, commit];
  const found = await git.run(directory, [...grep, "--", ...paths], { answers: [0, 1] });
  return found.stdout.split("\0").filter((path) => path !== "")
    .map((path) => path.slice(commit.length + 1));
}
