import { type CommitId, parseCommitId } from "./commit_id.ts";
import { CHECKOUT_TIMEOUT_MS, type Git } from "./git.ts";
import { identityOptions } from "./identity.ts";

const SLOW = { timeoutMs: CHECKOUT_TIMEOUT_MS };

/**
 * Commits all that was changed in a work tree, as the user and with the message as it is; null where
 * nothing was. No hook runs and nothing is signed: nobody is there who could answer.
 */
export async function commitAll(
  git: Git,
  directory: string,
  message: string,
): Promise<CommitId | null> {
  await git.run(directory, ["add", "--all"], SLOW);
  if (await git.says(directory, "diff", "--cached", "--quiet", "--no-ext-diff")) return null;
  return await commitStaged(git, directory, message);
}

/** Commits what is staged. */
export async function commitStaged(
  git: Git,
  directory: string,
  message: string,
): Promise<CommitId | null> {
  const who = await identityOptions(git, directory);
  const commit = ["commit", "--quiet", "--no-verify", "--cleanup=whitespace", "--file=-"];
  await git.run(directory, [...who, ...commit], { ...SLOW, input: commitText(message) });
  return parseCommitId(await git.line(directory, "rev-parse", "HEAD"));
}

/** A message that git takes: without zero bytes, and not empty. */
export function commitText(message: string): string {
  const text = message.replaceAll("\0", "").trim();
  return `${text === "" ? "Work of an agent" : text}\n`;
}
