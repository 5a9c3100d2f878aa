/** A timer that was set; cancelling one that has fired does nothing. */
export interface Timer {
  /** Keeps the timer from firing. */
  cancel(): void;
}

/** Time, as the parts of the product may see it: always passed in, so that it can be simulated. */
export interface Clock {
  /** Milliseconds since 1970, UTC; may jump. For what people read and other machines compare. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. For deadlines and durations. */
  monotonic(): number;
  /** Calls `fire` once, `ms` from now at the earliest. */
  timer(ms: number, fire: () => void): Timer;
}

/**
 * Resolves after `ms` by the given clock, or rejects with the signal's reason when it is aborted
 * first.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.timer(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
