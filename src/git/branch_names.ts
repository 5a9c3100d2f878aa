/** Beginning of every branch that the program makes. */
export const BRANCHES = "claude-orchestrator";

/** Below `BRANCHES`, what is no Worker's. */
export const RESERVED = ["rescued", "chains", "tasks"];

/**
 * The part of a branch's and a directory's name that stands for a member: the name itself where every git
 * and every file system takes it, else what of it can be kept and a number made of all of it.
 */
export function worktreeSlug(name: string): string {
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/.test(name) && name.length <= 64;
  if (isPlain && !/\.lock$/i.test(name) && !RESERVED.includes(name.toLowerCase())) return name;
  const kept = name.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);
  return `${kept === "" ? "member" : kept}-${hashOf(name)}`;
}

/** FNV-1a of the UTF-16 units, 8 hexadecimal digits. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}

/** The branch on which a Worker works. */
export function workerBranch(slug: string): string {
  return `${BRANCHES}/${slug}`;
}

/** The branch that holds what a chain, or a task without one, has come to. */
export function resultBranch(chainId: string | null, taskId: string): string {
  return chainId === null ? `${BRANCHES}/tasks/${taskId}` : `${BRANCHES}/chains/${chainId}`;
}

/** The branch that keeps what would be lost otherwise. */
export function rescueBranch(name: string): string {
  return `${BRANCHES}/rescued/${name}`;
}

export function refOf(branch: string): string {
  return `refs/heads/${branch}`;
}
