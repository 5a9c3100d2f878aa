import { JournalCursor, type Ledger } from "./ledger.ts";
import type { SweepOptions, Swept } from "./retention.ts";
import type { ServerTime } from "./server_time.ts";
import type { Tree } from "./tree.ts";

const BUCKET_NAME = /^\d{10}$/;

/**
 * Removes closed buckets of the journal whose last event is older than `olderThanMs` by the server's
 * clock; at most `limit` events at a time, from the oldest on.
 */
export async function sweepJournal(
  tree: Tree,
  ledger: Ledger,
  serverTime: ServerTime,
  options: SweepOptions,
): Promise<Swept> {
  const before = await serverTime.now() - options.olderThanMs;
  const cursor = await tree.read(tree.path("journal", "current"), JournalCursor);
  const buckets = await tree.children(tree.path("journal"));
  let removed = 0;
  for (const bucket of buckets.filter((name) => BUCKET_NAME.test(name))) {
    if (cursor.kind !== "found" || Number(bucket) >= cursor.value.bucket) break;
    const directory = tree.path("journal", bucket);
    const names = await tree.children(directory);
    const last = names.at(-1);
    const stat = last === undefined ? null : await tree.zk.exists(`${directory}/${last}`);
    if (stat !== null && stat.ctime >= before) break;
    const batch = names.slice(0, options.limit - removed);
    await Promise.all(batch.map((name) => ledger.discard(`${directory}/${name}`)));
    removed += batch.length;
    if (batch.length < names.length) return { removed, more: true };
    await ledger.discard(directory);
  }
  return { removed, more: false };
}
