import { expect, test } from "vitest";
import { type Billable, billed, restOf } from "./question_bill.ts";
import { NOTHING_SPENT, type Spent } from "./spent.ts";

const used = (tokens: number, runs = 1): Spent => ({
  ...NOTHING_SPENT,
  input_tokens: tokens,
  runs,
});
const begun: Billable = { spent: used(1000, 5), last_question: null };
const bill = (record: Billable, question: string, tokens: number) =>
  billed(record, { question, spent: used(tokens) });

test("a question is billed as it goes, and its rest at its end", () => {
  const first = bill(begun, "q", 30);
  expect(first.spent).toEqual(used(1030, 6));
  const second = bill(first, "q", 70);
  expect(second).toEqual({
    spent: used(1070, 6),
    last_question: { question: "q", billed: used(70) },
  });
  expect(restOf(second, { question: "q", spent: used(100) })).toEqual(used(30, 0));
  expect(bill(second, "q", 100).spent).toEqual(used(1100, 6));
});

test("the same bill again changes nothing, nor does one that comes later than the next", () => {
  const second = bill(begun, "q", 70);
  expect(bill(second, "q", 70)).toEqual(second);
  expect(bill(second, "q", 30)).toEqual(second);
});

test("a question that was cut off stays billed, and the next one begins at nothing", () => {
  const next = bill(bill(begun, "q", 70), "r", 20);
  expect(next).toEqual({
    spent: used(1090, 7),
    last_question: { question: "r", billed: used(20) },
  });
  expect(bill(next, "r", 25).spent).toEqual(used(1095, 7));
});

test("what has no name is billed whole, each time", () => {
  const once = billed(bill(begun, "q", 70), { spent: used(25) });
  expect(once.spent).toEqual(used(1095, 7));
  expect(bill(once, "q", 70)).toEqual(once);
  expect(billed(once, { spent: used(25) }).spent).toEqual(used(1120, 8));
});
