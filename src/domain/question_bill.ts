import * as z from "zod";
import { lazyObject } from "./lazy_object.ts";
import { addSpent, isNothing, lessSpent, Spent } from "./spent.ts";

/**
 * The last question of the Leader about a record, and what of its cost is in the record's `spent` already.
 * A Leader that dies while it asks leaves that there, and its successor's question begins anew.
 */
export const QuestionBill = lazyObject(() => ({
  /** Drawn for each question. */
  question: z.string(),
  billed: Spent,
}));
export type QuestionBill = z.infer<typeof QuestionBill>;

/** What a question has cost until now, all of it. */
export interface QuestionCost {
  /** As in `QuestionBill`; left out for one that is billed only once. */
  readonly question?: string | undefined;
  /** All of it, what was billed before included. */
  readonly spent: Spent;
}

/** What a bill changes on a record. */
export interface Billable {
  readonly spent: Spent;
  readonly last_question: QuestionBill | null;
}

/** What is not billed yet of what a question has cost. */
export function restOf(
  { last_question: last }: Billable,
  { question, spent }: QuestionCost,
): Spent {
  const before = billedBefore(last, question);
  return before === undefined ? spent : lessSpent(spent, before);
}

function billedBefore(last: QuestionBill | null, question: string | undefined): Spent | undefined {
  return question !== undefined && last?.question === question ? last.billed : undefined;
}

/** The record's bill with all that a question has cost until now. To bill that again changes nothing. */
export function billed(record: Billable, cost: QuestionCost): Billable {
  const rest = restOf(record, cost);
  if (isNothing(rest)) return { spent: record.spent, last_question: record.last_question };
  const { question } = cost;
  const spent = addSpent(record.spent, rest);
  if (question === undefined) return { spent, last_question: record.last_question };
  const before = billedBefore(record.last_question, question);
  return { spent, last_question: { question, billed: addSpent(before, rest) } };
}
