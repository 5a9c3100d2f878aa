import type { Clock, Timer } from "../clock.ts";

/** The longest delay that `setTimeout` takes; it fires at once when given more. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * The machine's own time. A timer never fires early: the runtimes count whole milliseconds of the
 * event loop and may be a fraction ahead, so what is left is waited for again.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms: number, fire: () => void): Timer {
    const deadline = performance.now() + ms;
    let handle: ReturnType<typeof setTimeout>;
    const arm = (remaining: number) => {
      handle = setTimeout(() => {
        const left = deadline - performance.now();
        if (left > 0) arm(left);
        else fire();
      }, Math.min(Math.ceil(remaining), MAX_DELAY_MS));
    };
    arm(ms);
    return { cancel: () => clearTimeout(handle) };
  },
};
