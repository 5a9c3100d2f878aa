import * as z from "zod";
import { ChainId, MessageId, ReportId, RequirementId, TaskId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { QuestionBill } from "./question_bill.ts";
import { NOTHING_SPENT, Spent } from "./spent.ts";
import { DEFAULT_PRIORITY, Link, Priority, Timestamp } from "./task.ts";
import { CHAIN_STATES } from "./words.ts";

/**
 * Where a chain stands: `open` while its links are worked on and judged, `waiting` for an answer to
 * a question, and how it ended.
 */
export const ChainStatus = z.enum(CHAIN_STATES);
/** One of the states of a chain. */
export type ChainStatus = z.infer<typeof ChainStatus>;

/** Rounds of a chain before it is given up, unless its requirement says otherwise. */
export const DEFAULT_MAX_ROUNDS = 3;

/** One link, and the task that it is. */
export const ChainLink = lazyObject(() => ({ link: Link, task_id: TaskId }));
export type ChainLink = z.infer<typeof ChainLink>;

/** Why a round ended: a link did not pass. */
export const Round = lazyObject(() => ({
  round: z.int().positive(),
  time: Timestamp,
  /** The link whose report was judged. */
  link: Link,
  decision: z.enum(["feedback", "reject"]),
  /** The link that is done again. */
  redo: Link,
  reason: z.string(),
}));
export type Round = z.infer<typeof Round>;

/** A question to everybody that a chain waits for. */
export const HelpWanted = lazyObject(() => ({
  message_id: MessageId,
  /** The report that the question is about. */
  report_id: ReportId,
  link: Link,
  question: z.string(),
  asked_at: Timestamp,
  /** When the chain is given up if nobody has answered. */
  until: Timestamp,
}));
export type HelpWanted = z.infer<typeof HelpWanted>;

/**
 * A chain of links that the Leader takes from a requirement to its acceptance, as stored at
 * `/chains/records/{id}`. Each link is a task, which waits for the one before it to be passed.
 */
export const Chain = lazyObject(() => {
  const timeOrNull = Timestamp.nullable().default(null);
  return {
    v: z.literal(1),
    id: ChainId,
    requirement_id: RequirementId.nullable().default(null),
    title: z.string(),
    priority: Priority.default(DEFAULT_PRIORITY),
    status: ChainStatus,
    /** In order; there is at least one. */
    links: z.array(ChainLink).min(1),
    /** The link that is at work, or whose report is being judged. */
    at: Link,
    /** 1 until a link did not pass. */
    round: z.int().positive().default(1),
    max_rounds: z.int().positive().default(DEFAULT_MAX_ROUNDS),
    rounds: z.array(Round).default([]),
    /** US dollars and tokens that all its runs together may cost; null: no limit. */
    budget_usd: z.number().positive().nullable().default(null),
    budget_tokens: z.int().positive().nullable().default(null),
    /** What its decisions have cost; what its links have cost is on their tasks. */
    spent: Spent.default(NOTHING_SPENT),
    /** What the Leader's agent was asked last about it. */
    last_question: QuestionBill.nullable().default(null),
    help: HelpWanted.nullable().default(null),
    /** Why it failed or was cancelled. */
    reason: z.string().nullable().default(null),
    created_at: Timestamp,
    updated_at: Timestamp,
    closed_at: timeOrNull,
    /** Drawn by who opened it: recognises an opening whose reply was lost. */
    nonce: z.string().default(""),
  };
});
/** A chain with every field set: what `Chain.parse` gives for a record. */
export type Chain = z.infer<typeof Chain>;

/** Whether nothing happens in a chain any more. */
export function isClosed({ status }: Pick<Chain, "status">): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}
