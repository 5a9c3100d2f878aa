import type { Git } from "./git.ts";

/** One work tree of a repository, as git keeps it. */
export interface WorktreeEntry {
  readonly path: string;
  /** Whole name of the ref that is checked out; null: none. */
  readonly ref: string | null;
  /** Why it is locked, "" without a reason; null: it is not. */
  readonly locked: string | null;
}

/** All work trees of a repository; the main one comes first. */
export async function listWorktrees(git: Git, directory: string): Promise<WorktreeEntry[]> {
  const list = ["worktree", "list", "--porcelain"];
  // -z is of 2.36; without it only a line feed in a path is not understood.
  const answer = await git.run(directory, [...list, "-z"], { answers: [0, 129] });
  if (answer.exitCode === 0) return parseWorktrees(answer.stdout, "\0");
  return parseWorktrees((await git.run(directory, list)).stdout, "\n");
}

/** Reads the porcelain format: attributes that end in `end`, an empty one after each work tree. */
export function parseWorktrees(text: string, end: "\0" | "\n"): WorktreeEntry[] {
  return text.split(`${end}${end}`).flatMap((record) => {
    const attributes = new Map(
      record.split(end).map((attribute): [string, string] => {
        const at = attribute.indexOf(" ");
        return at === -1 ? [attribute, ""] : [attribute.slice(0, at), attribute.slice(at + 1)];
      }),
    );
    const path = attributes.get("worktree");
    if (path === undefined) return [];
    return [{
      path,
      ref: attributes.get("branch") ?? null,
      locked: attributes.get("locked") ?? null,
    }];
  });
}
