import { truncateUtf8 } from "../domain/text.ts";
import type { Git } from "./git.ts";

/** A file that two sides changed in the same place. */
export interface Conflict {
  /** From the top of the repository, with forward slashes. */
  readonly path: string;
  /** What git shows of it, with the marks of both sides; cut where it is long. */
  readonly hunks: string;
}

const MAX_FILES = 20;
const MAX_FILE_BYTES = 8 * 1024;
const MAX_BYTES = 48 * 1024;

/** What is in conflict in a work tree: the first files with their hunks, and how many files there are. */
export async function conflictsIn(
  git: Git,
  directory: string,
): Promise<{ conflicts: Conflict[]; total: number }> {
  const { stdout } = await git.run(directory, ["diff", "--name-only", "--diff-filter=U", "-z"]);
  const paths = [...new Set(stdout.split("\0").filter((path) => path !== ""))];
  const conflicts: Conflict[] = [];
  let left = MAX_BYTES;
  for (const path of paths.slice(0, MAX_FILES)) {
    const shown = await git.run(
      directory,
      ["diff", "--no-ext-diff", "--no-textconv", "--", path],
      { maxOutputBytes: MAX_FILE_BYTES },
    );
    const hunks = truncateUtf8(shown.stdout, Math.max(0, left)) +
      (shown.truncated ? "\n[…]\n" : "");
    left -= hunks.length;
    conflicts.push({ path, hunks });
  }
  return { conflicts, total: paths.length };
}
