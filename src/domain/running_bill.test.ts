import { expect, test } from "vitest";
import { type FencingToken, idOf, InstanceId } from "./ids.ts";
import { withdraw } from "./judging.ts";
import { makeTask } from "./new_task.ts";
import { billRest, leavesBill, RunningBill, withBill } from "./running_bill.ts";
import type { Spent } from "./spent.ts";
import type { Step } from "./step.ts";
import { Task } from "./task.ts";
import * as transitions from "./transitions.ts";

const tom = { id: InstanceId.parse("tom"), name: "Tom" };
const act = { by: tom, now: "2026-01-01T00:00:01.000Z", nonce: "a nonce" };
const spent = (tokens: number, runs = 1): Spent => ({
  cost_usd: 0,
  input_tokens: tokens,
  output_tokens: 0,
  runs,
});

const pending = makeTask({ title: "A task" }, idOf("task", 7), {
  depends_on: [],
  blocked_by: [],
  waiting_on: [],
}, act);
const claimed = transitions.claim(pending, tom, act, 3).task;
const held = transitions.start(claimed, { by: tom }, act).task;
const token = 4 as FencingToken;

/** Every step that ends a claim, and says nothing of the run. */
const ends: Readonly<Record<string, Step>> = {
  complete: transitions.complete(held, { by: tom }, { result: "" }, act),
  block: transitions.block(held, { by: tom }, "why", act),
  fail: transitions.fail(held, { by: tom }, "why", act),
  "fail again": transitions.fail(held, { by: tom }, "why", act, {}),
  release: transitions.release(held, { by: tom }, act),
  cancel: transitions.cancel(held, act, { force: true }),
  recover: transitions.recover(held, tom.id, act),
  "recover for good": transitions.recover({ ...held, retry_count: 9 }, tom.id, act),
  withdraw: withdraw(held, act, "given up"),
};

test.each(Object.entries(ends))("%s leaves a bill, which is added once", (_, step) => {
  expect(leavesBill(held, step)).toBe(true);
  const billed = withBill(step, spent(70));
  expect(billed.task.spent).toEqual(spent(70));
  expect(billed.event.data).toMatchObject({ spent: spent(70) });
  expect(billed.task.history.at(-1)).toMatchObject({ spent: spent(70) });
  expect({ ...billed.task, spent: step.task.spent, history: step.task.history }).toEqual(step.task);
  expect(leavesBill(held, billed)).toBe(false);
});

test("a step that says what its run has cost leaves none, nor does one that ends no claim", () => {
  const done = { result: "", spent: spent(0, 0) };
  expect(leavesBill(held, transitions.complete(held, { by: tom }, done, act))).toBe(false);
  expect(leavesBill(claimed, transitions.start(claimed, { by: tom }, act))).toBe(false);
  expect(leavesBill(pending, transitions.claim(pending, tom, act, 3))).toBe(false);
  expect(leavesBill(pending, transitions.cancel(pending, act))).toBe(false);
});

test("what was not billed when the claim was ended is billed later, and only once", () => {
  const { task } = withBill(transitions.recover(held, tom.id, act), spent(70));
  const rest = billRest(task, token, spent(100), act);
  expect(rest?.task.spent).toEqual(spent(100));
  expect(rest?.event).toMatchObject({
    type: "task_billed",
    token,
    data: { spent: spent(30, 0) },
  });
  if (rest === null) throw new Error("There was a rest");
  expect(billRest(rest.task, token, spent(100), act)).toBeNull();
  expect(billRest(rest.task, token, spent(110), act)?.task.spent).toEqual(spent(110));
});

test("of a run that nothing was noted of all is billed later", () => {
  const { task } = transitions.release(held, {
    by: { id: InstanceId.parse("x"), name: "" },
    force: true,
  }, act);
  expect(billRest(task, token, spent(100), act)?.task.spent).toEqual(spent(100));
});

test("an estimate that was too high is not taken back", () => {
  const { task } = withBill(transitions.recover(held, tom.id, act), spent(70));
  expect(billRest(task, token, spent(60), act)).toBeNull();
});

test("nothing is billed later of a claim that stands, or of one that the record has forgotten", () => {
  expect(billRest(held, token, spent(100), act)).toBeNull();
  const { task } = transitions.recover(held, tom.id, act);
  expect(billRest({ ...task, history: [] }, token, spent(100), act)).toBeNull();
  expect(billRest(task, 9 as FencingToken, spent(100), act)).toBeNull();
});

test("the bill of one claim is not that of the next", () => {
  const first = withBill(transitions.recover(held, tom.id, act), spent(70)).task;
  const again = transitions.claim(first, tom, act, 7).task;
  const { task } = transitions.complete(again, { by: tom }, { result: "", spent: spent(5) }, act);
  expect(task.spent).toEqual(spent(75, 2));
  expect(billRest(task, token, spent(70), act)).toBeNull();
  expect(billRest(task, 8 as FencingToken, spent(5), act)).toBeNull();
  expect(billRest(task, token, spent(71), act)?.event.data).toEqual({ spent: spent(1, 0) });
});

test("records of before have no bill, and are read", () => {
  const { history, ...rest } = JSON.parse(JSON.stringify(ends["recover"]?.task)) as Task;
  const task = Task.parse({ ...rest, history });
  expect(task.history.every((step) => step.spent === undefined)).toBe(true);
  expect(RunningBill.safeParse({ v: 1, spent: spent(1) }).success).toBe(false);
});
