import * as z from "zod";
import { ChainId, FencingToken, InstanceId, TaskId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { DEFAULT_MAX_RETRIES } from "./limits.ts";
import { ROLE } from "./patterns.ts";
import { NOTHING_SPENT, Spent } from "./spent.ts";
import { KNOWN_LINKS, TASK_STATES } from "./words.ts";

/** 0 urgent, 1 high, 2 normal, 3 low. */
export const Priority = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
/** The lower the number, the earlier the task is taken. */
export type Priority = z.infer<typeof Priority>;
export const DEFAULT_PRIORITY: Priority = 1;

/**
 * Which part of a chain a task is; in their order `plan`, `build`, `verify`, `review`, `accept`.
 */
export const Link = z.enum(KNOWN_LINKS);
/** One of the links of a chain. */
export type Link = z.infer<typeof Link>;

/**
 * What a member does and a task asks for: lower-case letters, digits and hyphens, a letter first.
 */
export const Role = z.string().regex(ROLE.regex, ROLE.problem);
/** A role, known or not: `general` takes every role's tasks. */
export type Role = z.infer<typeof Role>;

/** Where a task is in its life; docs/concepts.md has the steps between the states. */
export const TaskStatus = z.enum(TASK_STATES);
/** One of the states of a task. */
export type TaskStatus = z.infer<typeof TaskStatus>;

/** ISO 8601, UTC, with milliseconds. */
export const Timestamp = z.iso.datetime({ offset: true });

/** One step in a task's life, kept on the task itself. */
export const Transition = lazyObject(() => ({
  time: Timestamp,
  action: z.string(),
  from: TaskStatus.nullable(),
  to: TaskStatus,
  /** Instance that did it, or "" for a person without an identity. */
  by: z.string(),
  by_name: z.string().default(""),
  token: FencingToken.nullable().default(null),
  reason: z.string().nullable().default(null),
  forced: z.boolean().default(false),
  /** Drawn by whoever did it: recognises a step whose reply was lost. */
  nonce: z.string().default(""),
  /** What it added to what the task has cost. */
  spent: Spent.optional(),
}));
export type Transition = z.infer<typeof Transition>;

/** Who holds a task, and the fencing token that every later step of the holder must name. */
export const Claim = lazyObject(() => ({
  owner: InstanceId,
  owner_name: z.string(),
  token: FencingToken,
  claimed_at: Timestamp,
  started_at: Timestamp.nullable().default(null),
  /** Drawn anew for each claim: tells a claim whose reply was lost from somebody else's. */
  nonce: z.string(),
}));
export type Claim = z.infer<typeof Claim>;

/** What somebody who had lost the claim handed in: kept, never the outcome. */
export const LateReport = lazyObject(() => ({
  time: Timestamp,
  by: z.string(),
  by_name: z.string().default(""),
  token: FencingToken.nullable().default(null),
  action: z.string(),
  text: z.string(),
}));
export type LateReport = z.infer<typeof LateReport>;

/**
 * Whether the Leader judges the task once it is handed in, as it does with the links of its chains:
 * those who depend on a judged task wait until it is passed, not only until it is completed.
 */
export const Judgement = z.enum(["none", "awaited", "passed", "refused"]);
export type Judgement = z.infer<typeof Judgement>;

/** What the next attempt at a link is to do better. */
export const Guidance = lazyObject(() => ({
  time: Timestamp,
  /** Round of the chain that it ended. */
  round: z.int().positive(),
  by_name: z.string().default(""),
  /** Link whose report was judged. */
  link: Link,
  text: z.string(),
}));
export type Guidance = z.infer<typeof Guidance>;

/**
 * The record of a task, as stored. `status` says which of the nullable fields are set; `place.ts`
 * derives from it the one index entry that the task has.
 */
export const Task = lazyObject(() => {
  // Made once, not at each mention: a command that reads a task pays for every schema in it.
  const text = z.string().default("");
  const textOrNull = z.string().nullable().default(null);
  const timeOrNull = Timestamp.nullable().default(null);
  const memberOrNull = InstanceId.nullable().default(null);
  const taskIds = z.array(TaskId).default([]);
  const count = z.int().nonnegative();
  return {
    v: z.literal(1),
    id: TaskId,
    title: z.string(),
    description: text,
    criteria: textOrNull,
    priority: Priority.default(DEFAULT_PRIORITY),
    status: TaskStatus,
    role: Role.nullable().default(null),
    link: Link.nullable().default(null),
    chain_id: ChainId.nullable().default(null),
    depends_on: taskIds,
    blocked_by: taskIds,
    /** Those of `depends_on` and `blocked_by` that are not completed yet. */
    waiting_on: taskIds,
    verify: textOrNull,
    /** Earliest time of a claim, UTC. */
    not_before: timeOrNull,
    /** False until somebody has seen `not_before` pass and moved the task to where claimers look. */
    is_due: z.boolean().default(true),
    created_by: text,
    created_by_name: text,
    created_at: Timestamp,
    updated_at: Timestamp,
    assigned_to: memberOrNull,
    assigned_to_name: textOrNull,
    claim: Claim.nullable().default(null),
    claimed_by: memberOrNull,
    claimed_at: timeOrNull,
    completed_by: textOrNull,
    completed_by_name: textOrNull,
    completed_at: timeOrNull,
    result: textOrNull,
    evidence: z.record(z.string(), z.string()).default({}),
    duration_seconds: z.number().nullable().default(null),
    retry_count: count.default(0),
    max_retries: count.default(DEFAULT_MAX_RETRIES),
    blocked_reason: textOrNull,
    fail_reason: textOrNull,
    cancel_reason: textOrNull,
    cancelled_at: timeOrNull,
    /** Drawn by the pusher: recognises a push whose reply was lost. */
    nonce: text,
    history: z.array(Transition).default([]),
    history_dropped: count.default(0),
    late_reports: z.array(LateReport).default([]),
    judgement: Judgement.default("none"),
    /** How often it was handed in to be judged; numbers its reports. */
    reports: count.default(0),
    guidance: z.array(Guidance).default([]),
    /** What all its runs have cost so far. */
    spent: Spent.default(NOTHING_SPENT),
    /** US dollars and tokens that all its runs together may cost; null: no limit. */
    budget_usd: z.number().nonnegative().nullable().default(null),
    budget_tokens: count.nullable().default(null),
  };
});
/** A task with every field set: what every method of `TaskQueue` gives. */
export type Task = z.infer<typeof Task>;

/** States in which a task has an owner. */
export const HELD: readonly TaskStatus[] = ["claimed", "in_progress"];
/** States that nothing leaves. */
export const FINAL: readonly TaskStatus[] = ["completed", "cancelled"];

/** What a pusher gives; the store adds the rest. Texts are checked for size when the task is made. */
export const NewTask = lazyObject(() => ({
  title: z.string().trim().min(1, "must not be empty"),
  description: z.string().optional(),
  criteria: z.string().optional(),
  priority: Priority.optional(),
  role: Role.optional(),
  link: Link.optional(),
  chain_id: ChainId.optional(),
  /** Ids of tasks, or `key`s of other tasks pushed with this one. */
  depends_on: z.array(z.string()).optional(),
  blocked_by: z.array(z.string()).optional(),
  verify: z.string().optional(),
  not_before: Timestamp.optional(),
  /** Instance that alone may claim it. */
  assigned_to: InstanceId.optional(),
  assigned_to_name: z.string().optional(),
  max_retries: z.int().min(0).max(100).optional(),
  /** Name for this task inside one push, so that others in it can depend on it. */
  key: z.string().min(1).optional(),
})).strict();
/** A task before it is pushed: what is not said has its default. */
export type NewTask = z.infer<typeof NewTask>;
