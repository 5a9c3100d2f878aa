import { expect, test } from "vitest";
import { sleep } from "../clock.ts";
import { VirtualClock } from "./virtual_clock.ts";

test("advance() fires timers by deadline, then in the order in which they were set", async () => {
  const clock = new VirtualClock(1_000);
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name}@${clock.monotonic()}`);
  clock.timer(20, note("late"));
  clock.timer(10, note("first"));
  clock.timer(10, note("second"));
  clock.timer(10, note("cancelled")).cancel();
  await clock.advance(19);
  expect(fired).toEqual(["first@10", "second@10"]);
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  expect(fired).toEqual(["first@10", "second@10", "late@20"]);
  expect(clock.now()).toBe(1_020);
});

test("advance() lets promises settle between timers", async () => {
  const clock = new VirtualClock();
  const woken: number[] = [];
  const loop = (async () => {
    for (let round = 0; round < 3; round++) {
      await sleep(clock, 10);
      woken.push(clock.monotonic());
    }
  })();
  await clock.advance(100);
  await loop;
  expect(woken).toEqual([10, 20, 30]);
});
