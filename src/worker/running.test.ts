import { expect, test } from "vitest";
import { chainAt, held } from "../../tests/support/sample_chain.ts";
import { FencingToken } from "../domain/ids.ts";
import { Running } from "./running.ts";

const task = held(chainAt("build").tasks[2] ?? chainAt("build").judged);
const [first, second] = [FencingToken.parse(1), FencingToken.parse(4)];

test("a claim that turns out to be lost ends its own run, not that of the claim after it", async () => {
  const running = new Running();
  const one = running.add(task.id, first);
  const other = running.add(task.id, second);
  one.lose();
  expect([one.lost.aborted, other.lost.aborted]).toEqual([true, false]);
  one.end();
  await running.check(() => Promise.resolve(task));
  expect(other.lost.aborted).toBe(true);
});

test("a run goes on while its claim is still the same, and is not asked about once it is over", async () => {
  const running = new Running();
  const claim = running.add(task.id, first);
  await running.check(() => Promise.resolve(task));
  await running.check(() => Promise.reject(new Error("No connection")));
  expect(claim.lost.aborted).toBe(false);
  claim.end();
  await running.check(() => Promise.reject(new Error("Asked")));
  await running.check(() => Promise.resolve({ ...task, claim: null }));
  expect(claim.lost.aborted).toBe(false);
});
