import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "./system_clock.ts";

afterEach(() => vi.useRealTimers());

test("timer() never fires early", async () => {
  const early: number[] = [];
  await Promise.all(Array.from({ length: 50 }, (_, index) => {
    const ms = 1 + index / 7;
    const start = systemClock.monotonic();
    return new Promise<void>((resolve) =>
      systemClock.timer(ms, () => {
        const elapsed = systemClock.monotonic() - start;
        if (elapsed < ms) early.push(elapsed);
        resolve();
      })
    );
  }));
  expect(early).toEqual([]);
});

test("timer() waits longer than setTimeout can", () => {
  vi.useFakeTimers();
  const fire = vi.fn();
  systemClock.timer(2 ** 31 + 1_000, fire);
  vi.advanceTimersByTime(2 ** 31 + 999);
  expect(fire).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fire).toHaveBeenCalledOnce();
});

test("cancel() stops a timer, also one that waits again", () => {
  vi.useFakeTimers();
  const fire = vi.fn();
  const timer = systemClock.timer(2 ** 31 + 1_000, fire);
  vi.advanceTimersByTime(2 ** 31);
  timer.cancel();
  vi.advanceTimersByTime(2_000);
  expect(fire).not.toHaveBeenCalled();
});
