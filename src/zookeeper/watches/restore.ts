import { OpCode } from "../protocol/opcodes.ts";
import { setWatches2Request, setWatchesRequest } from "../protocol/requests.ts";
import type { Request } from "../session/call.ts";

/** Characters of paths in one request, as in `ClientCnxn` (SET_WATCHES_MAX_LENGTH). */
const MAX_LENGTH = 128 * 1_024;

type Kind = "data" | "exists" | "children" | "persistent" | "recursive";

/** A watch to set again. */
export interface WatchToRestore {
  readonly kind: Kind;
  readonly path: string;
}

type Batch = Record<Kind, string[]>;

/**
 * Requests that set watches again on a new connection, in the order given. Changes after
 * `relativeZxid` that one-shot watches have missed come as events. Without persistent watches the
 * older `setWatches` is used, which servers before 3.6 know too.
 */
export function restoreRequests(
  watches: Iterable<WatchToRestore>,
  relativeZxid: bigint,
): Request<void>[] {
  return batchesOf(watches).map((batch) => {
    const isOld = batch.persistent.length === 0 && batch.recursive.length === 0;
    const codec = isOld ? setWatchesRequest : setWatches2Request;
    return {
      type: isOld ? OpCode.setWatches : OpCode.setWatches2,
      write: (writer) => codec.write(writer, { relativeZxid, ...batch }),
      read: () => {},
    };
  });
}

function batchesOf(watches: Iterable<WatchToRestore>): Batch[] {
  const batches: Batch[] = [];
  let batch: Batch | undefined;
  let length = 0;
  for (const { kind, path } of watches) {
    if (batch === undefined || length + path.length > MAX_LENGTH) {
      batch = { data: [], exists: [], children: [], persistent: [], recursive: [] };
      batches.push(batch);
      length = 0;
    }
    batch[kind].push(path);
    length += path.length;
  }
  return batches;
}
