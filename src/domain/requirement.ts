import * as z from "zod";
import { ChainId, MessageId, RequirementId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { Decomposition } from "./decomposition.ts";
import { DEFAULT_MAX_ROUNDS } from "./chain.ts";
import { QuestionBill } from "./question_bill.ts";
import { NOTHING_SPENT, Spent } from "./spent.ts";
import { Timestamp } from "./task.ts";
import { REQUIREMENT_STATES } from "./words.ts";

/**
 * Where a requirement stands: `submitted`, `planned` once it is decomposed, `open` once all its
 * chains are there, and how it ended.
 */
export const RequirementStatus = z.enum(REQUIREMENT_STATES);
/** One of the states of a requirement. */
export type RequirementStatus = z.infer<typeof RequirementStatus>;

/**
 * Something that somebody wants from the team, as stored at `/requirements/records/{id}`. The answer
 * of the Leader's agent is kept on it before the first chain is pushed, and each chain is pushed in the
 * transaction that adds it to `chains`: a successor goes on where its predecessor stopped.
 */
export const Requirement = lazyObject(() => {
  const timeOrNull = Timestamp.nullable().default(null);
  return {
    v: z.literal(1),
    id: RequirementId,
    content: z.string(),
    status: RequirementStatus,
    from_instance: z.string().default(""),
    from_name: z.string().default(""),
    /** The message to the Leader that it was, or null where it was submitted. */
    message_id: MessageId.nullable().default(null),
    max_rounds: z.int().positive().default(DEFAULT_MAX_ROUNDS),
    budget_usd: z.number().positive().nullable().default(null),
    budget_tokens: z.int().positive().nullable().default(null),
    plan: Decomposition.nullable().default(null),
    /** One for each chain of the plan that was pushed, in the order of `pushOrder`. */
    chains: z.array(ChainId).default([]),
    /** What its decomposition has cost. */
    spent: Spent.default(NOTHING_SPENT),
    /** What the Leader's agent was asked last about it. */
    last_question: QuestionBill.nullable().default(null),
    reason: z.string().nullable().default(null),
    created_at: Timestamp,
    updated_at: Timestamp,
    closed_at: timeOrNull,
    /** Drawn by who submitted it: recognises a submission whose reply was lost. */
    nonce: z.string().default(""),
  };
});
/** A requirement with every field set: what `Requirement.parse` gives for a record. */
export type Requirement = z.infer<typeof Requirement>;

/** Whether nothing more comes of a requirement. */
export function isSettled({ status }: Pick<Requirement, "status">): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}
