import type { Clock } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import { untilAborted } from "../platform/aborted.ts";
import { isLoss } from "./losses.ts";
import type { Tree } from "./tree.ts";
import { type WatchTarget, WatchView } from "./watch_view.ts";

/** ms before a reading that the connection broke off is tried again. */
const RETRY_MS = 100;

export interface ReadingsOptions<Reading> {
  readonly targets: readonly WatchTarget[];
  readonly read: () => Promise<Reading>;
  /** ms after which time alone changes what was read; undefined where it does not. */
  readonly validMs?: (reading: Reading) => number | undefined;
}

/**
 * What `read` gives now, and again after each change of the targets, until the signal is aborted. A
 * lost connection, or session, only delays the next reading. Throws what `read` throws besides, and
 * a `ZooKeeperError` CLOSED once the client is closed.
 */
export async function* readings<Reading>(
  tree: Tree,
  clock: Clock,
  signal: AbortSignal,
  options: ReadingsOptions<Reading>,
): AsyncGenerator<Reading, void, void> {
  if (signal.aborted) return;
  let view: WatchView | undefined;
  try {
    view = await WatchView.openPatiently(tree.zk, options.targets, clock, signal);
    let withinMs: number | undefined;
    for (;;) {
      await view.next({ signal, withinMs });
      const reading = await readPatiently(clock, signal, options.read);
      yield reading;
      withinMs = options.validMs?.(reading);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await view?.close();
  }
}

/**
 * Reads until the connection lets it. Rejects with the signal's reason, at once: while ZooKeeper is away,
 * what is asked of it waits for a session without end.
 */
export async function readPatiently<Reading>(
  clock: Clock,
  signal: AbortSignal,
  read: () => Promise<Reading>,
): Promise<Reading> {
  for (;;) {
    try {
      return await untilAborted(read(), signal);
    } catch (error) {
      if (!isLoss(error)) throw error;
    }
    await sleep(clock, RETRY_MS, signal);
  }
}
