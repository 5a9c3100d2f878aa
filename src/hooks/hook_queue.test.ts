import { expect, test } from "vitest";
import type { HookPoint } from "../domain/hook.ts";
import { HookQueue } from "./hook_queue.ts";

/** A queue whose jobs end when they are told to; what happened is in `told`. */
function bench({ maxAtOnce = 4, maxWaiting = 1000 } = {}) {
  const told: string[] = [];
  const ends = new Map<string, () => void>();
  const queue = new HookQueue<string>({
    maxAtOnce,
    maxWaiting,
    run: (point, job) => {
      told.push(`${point} ${job}`);
      return new Promise((resolve) => ends.set(job, resolve));
    },
    onDropped: (point, count) => {
      told.push(`${point} dropped ${count}`);
      return Promise.resolve();
    },
  });
  const end = async (job: string) => {
    ends.get(job)?.();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { queue, told, end };
}

const A: HookPoint = "task_claimed";
const B: HookPoint = "task_failed";
const C: HookPoint = "task_completed";

test("jobs of one point run one after the other, in their order; other points do not wait", async () => {
  const { queue, told, end } = bench();
  ["a1", "a2", "a3"].forEach((job) => queue.offer(A, job));
  queue.offer(B, "b1");
  expect(told).toEqual([`${A} a1`, `${B} b1`]);
  await end("a1");
  await end("a2");
  expect(told).toEqual([`${A} a1`, `${B} b1`, `${A} a2`, `${A} a3`]);
});

test("no more than so many run at once, and the one that has waited longest is next", async () => {
  const { queue, told, end } = bench({ maxAtOnce: 2 });
  queue.offer(A, "a1");
  queue.offer(B, "b1");
  queue.offer(C, "c1");
  queue.offer(A, "a2");
  expect(told).toEqual([`${A} a1`, `${B} b1`]);
  await end("a1");
  expect(told.slice(2)).toEqual([`${C} c1`]);
  await end("b1");
  expect(told.slice(3)).toEqual([`${A} a2`]);
});

test("what comes while too many wait is dropped, and told when one has ended", async () => {
  const { queue, told, end } = bench({ maxWaiting: 2 });
  ["a1", "a2", "a3", "a4", "a5"].forEach((job) => queue.offer(A, job));
  expect(told).toEqual([`${A} a1`]);
  await end("a1");
  expect(told.slice(1)).toEqual([`${A} dropped 2`, `${A} a2`]);
});

test("it has settled when nothing runs and nothing waits; what is cleared is counted", async () => {
  const { queue, end } = bench({ maxWaiting: 2 });
  await queue.settled();
  ["a1", "a2", "a3", "a4"].forEach((job) => queue.offer(A, job));
  let isSettled = false;
  const settled = queue.settled().then(() => isSettled = true);
  expect([...queue.clear()]).toEqual([[A, 3]]);
  expect(isSettled).toBe(false);
  await end("a1");
  await settled;
  expect(isSettled).toBe(true);
});
