import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

/** What a run changed in a git work tree, as one line: `2 files changed, 10 insertions(+); 1 new file`. */
export interface WorkTree {
  /** Changes since the moment it was looked at; null where git, or a first commit, is not there. */
  changes(): Promise<string | null>;
}

const LIMITS = { timeout: 10_000, maxBuffer: 16 * 1024 * 1024 };

/**
 * Looks at a work tree before a run. Runs nothing that the repository's own configuration names (no
 * external diff, no file system monitor) and takes no locks that could get into the agent's way.
 */
export async function lookAtWorkTree(directory: string): Promise<WorkTree> {
  if (!isInRepository(directory)) return { changes: () => Promise.resolve(null) };
  const git = async (...args: string[]): Promise<string | null> => {
    const quiet = ["-c", "core.fsmonitor=false", "-C", directory, ...args];
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
    return await promisify(execFile)("git", quiet, { ...LIMITS, env }).then(
      ({ stdout }) => stdout,
      () => null,
    );
  };
  const newFiles = async () =>
    new Set((await git("ls-files", "--others", "--exclude-standard", "-z"))?.split("\0") ?? []);
  const [commit, before] = await Promise.all([git("rev-parse", "--verify", "HEAD"), newFiles()]);
  const head = commit?.trim() ?? null;
  return {
    async changes() {
      if (head === null) return null;
      const [stat, after] = await Promise.all([
        git("diff", "--no-ext-diff", "--no-textconv", "--shortstat", head),
        newFiles(),
      ]);
      if (stat === null) return null;
      const added = [...after].filter((name) => name !== "" && !before.has(name)).length;
      const news = added === 0 ? [] : [`${added} new file${added === 1 ? "" : "s"}`];
      const parts = [...stat.trim() === "" ? [] : [stat.trim()], ...news];
      return parts.length === 0 ? "no changes" : parts.join("; ");
    },
  };
}

/** Whether git could find a repository from a directory; where not, it is not even started. */
function isInRepository(directory: string): boolean {
  if (process.env["GIT_DIR"] !== undefined) return true;
  for (let at = resolve(directory);; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return true;
    if (dirname(at) === at) return false;
  }
}
