import { NewEvent } from "../domain/event.ts";
import { journalBucketName, JournalCursor } from "./ledger.ts";
import { decodePayload } from "./payload.ts";
import type { Tree } from "./tree.ts";

/** Entries read at once. */
const BATCH = 100;

/** Number of the journal bucket that commits go to now. */
export async function journalBucket(tree: Tree): Promise<number> {
  const cursor = await tree.read(tree.path("journal", "current"), JournalCursor);
  return cursor.kind === "found" ? cursor.value.bucket : 0;
}

/**
 * Whether a transaction whose reply was lost was carried out: its journal entry, which is part of it
 * and stays when everything else of it has been changed again, carries `data.nonce`. Looks from the
 * newest entry back to the bucket `since`, which the caller has read before it committed. What the
 * connected server does not know yet is not seen: `sync` first.
 */
export async function findCommitted(
  tree: Tree,
  nonce: string,
  since: number,
): Promise<NewEvent | null> {
  for (let bucket = await journalBucket(tree); bucket >= since; bucket--) {
    const directory = ["journal", journalBucketName(bucket)];
    const names = (await tree.children(tree.path(...directory))).reverse();
    for (let start = 0; start < names.length; start += BATCH) {
      const found = await Promise.all(
        names.slice(start, start + BATCH).map(async (name) => {
          const node = await tree.data(tree.path(...directory, name));
          const entry = node === null ? null : decodePayload(node.data, NewEvent);
          return entry?.ok === true && entry.value.data?.["nonce"] === nonce ? entry.value : null;
        }),
      );
      const event = found.find((candidate) => candidate !== null);
      if (event !== undefined) return event;
    }
  }
  return null;
}
