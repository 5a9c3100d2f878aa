import type { CommitId } from "./commit_id.ts";
import type { Git } from "./git.ts";

/** A file that differs between two commits. */
export interface ChangedFile {
  /** A added, D deleted, M modified, T of another type. */
  readonly change: string;
  readonly path: string;
}

/** What differs between two commits, at most `max` files, and whether there are more. */
export async function changedFiles(
  git: Git,
  directory: string,
  [from, to]: readonly [CommitId, CommitId],
  max = 1000,
): Promise<{ files: ChangedFile[]; more: boolean }> {
  const { stdout, truncated } = await git.run(directory, [
    "diff",
    "--name-status",
    "-z",
    "--no-renames",
    "--no-ext-diff",
    from,
    to,
  ]);
  const fields = stdout.split("\0");
  const files: ChangedFile[] = [];
  for (let at = 0; at + 1 < fields.length && files.length < max; at += 2) {
    files.push({ change: fields[at] ?? "", path: fields[at + 1] ?? "" });
  }
  return { files, more: truncated || fields.length - 1 > 2 * files.length };
}

/** `2 files changed, 10 insertions(+)`, or `no changes`. */
export async function diffstat(
  git: Git,
  directory: string,
  [from, to]: readonly [CommitId, CommitId],
): Promise<string> {
  const args = ["diff", "--shortstat", "--no-ext-diff", "--no-textconv", from, to];
  const { stdout } = await git.run(directory, args);
  return stdout.trim() === "" ? "no changes" : stdout.trim();
}
