import * as z from "zod";
import { ChainId, ReportId, TaskId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { NOTHING_SPENT, Spent } from "./spent.ts";
import { Link, Timestamp } from "./task.ts";

/** Characters of a reason or a guidance in an answer. */
const MAX_WORDS = 16 * 1024;

export const NextAction = z.enum([
  "activate_next",
  "reassign",
  "close_chain",
  "ask_for_help",
  "none",
]);
export type NextAction = z.infer<typeof NextAction>;

/** What the Leader's agent answers about a report: the shape that is asked for, and checked. */
export const Decision = lazyObject(() => ({
  decision: z.enum(["pass", "feedback", "reject"]),
  reason: z.string().trim().min(1, "must say why").max(MAX_WORDS),
  /** For the one who does the link again; for `ask_for_help` the question. */
  guidance: z.string().max(MAX_WORDS).default(""),
  /** The earlier link that a reject sends back; null: `build`, or the first there is. */
  redo_link: Link.nullable().default(null),
  next_action: NextAction.default("none"),
  /** Id of the member who is to do what comes next; null: whoever is fit for it. */
  assignee: z.string().nullable().default(null),
}));
/** An answer of the Leader's agent with its defaults filled in. */
export type Decision = z.infer<typeof Decision>;

/**
 * What was decided of one report, as stored at `/chains/decisions/{chain}/{report}`: first the answer
 * (`answered`), then, in the transaction that carries it out, `done`. A successor that finds an answer
 * does not ask again.
 */
export const DecisionRecord = lazyObject(() => ({
  v: z.literal(1),
  report_id: ReportId,
  chain_id: ChainId,
  task_id: TaskId,
  link: Link,
  round: z.int().positive(),
  status: z.enum(["answered", "done"]),
  /** null where no answer could be had: then `problem` says why, and the chain is given up. */
  answer: Decision.nullable(),
  problem: z.string().nullable().default(null),
  spent: Spent.default(NOTHING_SPENT),
  /** Of the Leader that asked. */
  epoch: z.int().nonnegative(),
  by: z.string().default(""),
  answered_at: Timestamp,
  done_at: Timestamp.nullable().default(null),
  /** Drawn for each answer: recognises one whose reply was lost. */
  nonce: z.string(),
}));
/** A decision with every field set: what `DecisionRecord.parse` gives for a record. */
export type DecisionRecord = z.infer<typeof DecisionRecord>;
