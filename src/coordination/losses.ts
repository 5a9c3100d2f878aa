import { type Clock, sleep } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { isZooKeeperError } from "../zookeeper/errors.ts";

/** Broken connections that one operation outlives. */
export const MAX_LOSSES = 8;
/** ms of the longest pause before a reading is tried again. */
const MAX_PAUSE_MS = 100;

/** Whether a connection or a session broke, so that asking again may succeed. */
export function isLoss(error: unknown): boolean {
  return isZooKeeperError(
    error,
    "CONNECTION_LOSS",
    "OPERATION_TIMEOUT",
    "SESSION_EXPIRED",
    "SESSION_MOVED",
  );
}

/**
 * Reads, and reads again where the connection breaks; `random` spreads those whom one server leaves.
 * Only for what changes nothing.
 */
export async function readAgain<T>(
  { clock, random }: { readonly clock: Clock; readonly random?: Random },
  read: () => Promise<T>,
): Promise<T> {
  for (let losses = 0;; losses++) {
    try {
      return await read();
    } catch (error) {
      if (!isLoss(error) || losses >= MAX_LOSSES) throw error;
      await sleep(clock, (random?.next() ?? 1) * MAX_PAUSE_MS);
    }
  }
}
