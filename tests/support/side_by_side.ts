/** Cases that are tried at once, unless a suite knows better. */
const AT_ONCE = 8;

/**
 * Tries every case, a few at once: each waits for a server most of the time, and several requests on
 * one connection cost both sides little more than one. Rejects with the failure of a case, once what
 * was begun has ended.
 */
export async function trySideBySide<T>(
  cases: Iterable<T>,
  attempt: (one: T) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<void> {
  const left = cases[Symbol.iterator]();
  let hasFailed = false;
  const lane = async () => {
    for (let next = left.next(); !next.done && !hasFailed; next = left.next()) {
      await attempt(next.value).catch((error) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  for (const end of lanes) if (end.status === "rejected") throw end.reason;
}

/** The numbers from one to another, both included. */
export function numbers(from: number, to: number, step = 1): number[] {
  const count = Math.max(0, Math.floor((to - from) / step) + 1);
  return Array.from({ length: count }, (_, index) => from + index * step);
}
