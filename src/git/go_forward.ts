import { join } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import { terminalLine } from "../domain/terminal_text.ts";
import type { Files } from "../platform/files.ts";
import type { CommitId } from "./commit_id.ts";
import { CHECKOUT_TIMEOUT_MS, type Git } from "./git.ts";
import { isOwnFile, operationIn, statusOf } from "./tree_state.ts";

/** What came of taking a work tree forward. Only where it is `forward` did anything change. */
export type Forward =
  | { readonly kind: "forward" }
  /** It stands elsewhere by now. */
  | { readonly kind: "moved" }
  /** There are changes, or files that would be overwritten, or a merge is under way. */
  | { readonly kind: "dirty"; readonly reason: string }
  /** Its files could not be written; `reason` says so, and what could not be put back. */
  | { readonly kind: "failed"; readonly reason: string };

const SLOW = { timeoutMs: CHECKOUT_TIMEOUT_MS };

/**
 * Takes the work tree of a user from one commit to a later one, with its branch, if it has no changes. What
 * git has written by the time it fails, as on a full disk, is taken back.
 *
 * @throws OrchestratorError GIT_FAILED, TIMED_OUT
 */
export async function goForward(
  git: Git,
  files: Files,
  path: string,
  [before, after]: readonly [CommitId, CommitId],
): Promise<Forward> {
  const operation = await operationIn(git, files, path);
  if (operation !== null) return { kind: "dirty", reason: `a ${operation} is under way` };
  const changed = await changedIn(git, path);
  if (changed.length > 0) return { kind: "dirty", reason: `changed: ${namesOf(changed)}` };
  if (await git.line(path, "rev-parse", "HEAD") !== before) return { kind: "moved" };
  // What the project ignores is its user's all the same, and is not overwritten either.
  const forward = ["merge", "--quiet", "--ff-only", "--no-autostash", "--no-overwrite-ignore"];
  const options = { ...SLOW, answers: [0, 1, 128] };
  const { exitCode, stderr } = await git.run(path, [...forward, after], options);
  if (exitCode === 0) return { kind: "forward" };
  const said = terminalLine(stderr.trim().replace(/\s*\n\s*/g, "; "), 2000);
  if (/overwritten by merge/.test(stderr)) return { kind: "dirty", reason: said };
  if (await git.line(path, "rev-parse", "HEAD") !== before) return { kind: "moved" };
  await putBack(git, files, path, [before, after]).catch((error: unknown) => {
    if (!(error instanceof OrchestratorError)) throw error;
  });
  const left = await changedIn(git, path);
  const rest = left.length === 0 ? "" : `; not put back, which git restore does: ${namesOf(left)}`;
  return { kind: "failed", reason: said + rest };
}

async function changedIn(git: Git, path: string): Promise<string[]> {
  return (await statusOf(git, path)).changed.filter((each) => !isOwnFile(each));
}

function namesOf(paths: readonly string[]): string {
  const more = paths.length > 10 ? " and more" : "";
  return paths.slice(0, 10).join(", ") + more;
}

/** Files that differ between the commits, as the first has them; those that it does not have make room first. */
async function putBack(
  git: Git,
  files: Files,
  path: string,
  commits: readonly [CommitId, CommitId],
): Promise<void> {
  const differing = async (which: string): Promise<string> => {
    const diff = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff"];
    return (await git.run(path, [...diff, `--diff-filter=${which}`, ...commits])).stdout;
  };
  const added = (await differing("A")).split("\0").filter((name) => name !== "");
  for (const name of added) files.remove(join(path, name));
  await git.run(path, ["checkout-index", "--force", "-u", "-z", "--stdin"], {
    ...SLOW,
    input: await differing("a"),
  });
}
