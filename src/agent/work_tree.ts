import { execFile } from "node:child_process";
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
  const head = (await git("rev-parse", "--verify", "HEAD"))?.trim() ?? null;
  const before = await newFiles();
  return {
    async changes() {
      if (head === null) return null;
      const stat = await git("diff", "--no-ext-diff", "--no-textconv", "--shortstat", head);
      if (stat === null) return null;
      const added = [...await newFiles()].filter((name) => name !== "" && !before.has(name)).length;
      const news = added === 0 ? [] : [`${added} new file${added === 1 ? "" : "s"}`];
      const parts = [...stat.trim() === "" ? [] : [stat.trim()], ...news];
      return parts.length === 0 ? "no changes" : parts.join("; ");
    },
  };
}
