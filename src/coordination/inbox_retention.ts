import type { Ledger } from "./ledger.ts";
import type { SweepOptions, Swept } from "./retention.ts";
import type { ServerTime } from "./server_time.ts";
import type { Tree } from "./tree.ts";

/**
 * Removes messages that were read longer than `olderThanMs` ago, by the server's clock, and marks of
 * runs whose message was dismissed that long ago: at most `limit` nodes, so that the caller decides
 * when the next batch is due.
 */
export async function sweepReadMessages(
  tree: Tree,
  ledger: Ledger,
  serverTime: ServerTime,
  options: SweepOptions,
): Promise<Swept> {
  const before = await serverTime.now() - options.olderThanMs;
  let removed = 0;
  for (const owner of await tree.children(tree.path("messages"))) {
    const [read, marks, fresh] = await Promise.all(
      ["read", "processing", "new"].map((box) => tree.children(tree.path("messages", owner, box))),
    );
    const unread = new Set(fresh);
    const candidates = [
      ...(read ?? []).map((name) => tree.path("messages", owner, "read", name)),
      ...(marks ?? []).filter((name) => !unread.has(name)).map((name) =>
        tree.path("messages", owner, "processing", name)
      ),
    ];
    for (let start = 0; start < candidates.length; start += options.limit) {
      const left = options.limit - removed;
      const old = await olderThan(tree, candidates.slice(start, start + options.limit), before);
      await Promise.all(old.slice(0, left).map((path) => ledger.discard(path)));
      removed += Math.min(left, old.length);
      if (removed >= options.limit) return { removed, more: true };
    }
  }
  return { removed, more: false };
}

/** Those of the nodes that were last changed before a moment (ms since 1970). */
async function olderThan(tree: Tree, paths: readonly string[], before: number): Promise<string[]> {
  const stats = await Promise.all(paths.map((path) => tree.zk.exists(path)));
  return paths.filter((_, index) => {
    const stat = stats[index];
    return stat !== null && stat !== undefined && stat.mtime < before;
  });
}
