import type { Git } from "./git.ts";

/** Who is named where nobody is configured, so that a new machine needs no preparation. */
const NOBODY = [
  "-c",
  "user.name=claude-orchestrator",
  "-c",
  "user.email=claude-orchestrator@localhost",
];

/** Options by which a commit can be made: none where the user's own author is known, who is kept. */
export async function identityOptions(git: Git, directory: string): Promise<readonly string[]> {
  const known = await Promise.all(
    ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"].map((name) =>
      git.lineOrNull(directory, "var", name)
    ),
  );
  return known.includes(null) ? NOBODY : [];
}
