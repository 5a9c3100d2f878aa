import * as z from "zod";
import { ChainId, FencingToken, RequirementId, TaskId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { TaskStatus, Timestamp } from "./task.ts";

/** What the journal can tell. A type is added, never renamed. */
export const EventType = z.enum([
  "tasks_pushed",
  "task_claimed",
  "task_started",
  "task_completed",
  "task_blocked",
  "task_unblocked",
  "task_failed",
  "task_retried",
  "task_released",
  "task_cancelled",
  "task_recovered",
  "task_woken",
  "task_due",
  "task_late_report",
  "task_billed",
  "member_joined",
  "member_left",
  "message_sent",
  "message_dead",
  "context_set",
  "context_deleted",
  "fleet_paused",
  "fleet_resumed",
  "task_activated",
  "task_passed",
  "task_reopened",
  "task_refused",
  "task_reassigned",
  "member_lost",
  "leader_elected",
  "leader_left",
  "requirement_submitted",
  "requirement_planned",
  "requirement_completed",
  "requirement_failed",
  "requirement_cancelled",
  "chain_opened",
  "chain_round",
  "chain_waiting",
  "chain_completed",
  "chain_failed",
  "chain_cancelled",
  "question_billed",
  "decision_stored",
  "answer_refused",
  "hook_ran",
]);
/** One of the types; a newer program may write others, which an older one leaves out. */
export type EventType = z.infer<typeof EventType>;

/** What a writer of the journal gives. */
export const NewEvent = lazyObject(() => ({
  type: EventType,
  by: z.string().default(""),
  by_name: z.string().default(""),
  task_id: TaskId.nullable().default(null),
  /** For `tasks_pushed`: every id of the transaction. */
  task_ids: z.array(TaskId).optional(),
  chain_id: ChainId.nullable().default(null),
  requirement_id: RequirementId.nullable().optional(),
  from: TaskStatus.nullable().default(null),
  to: TaskStatus.nullable().default(null),
  token: FencingToken.nullable().default(null),
  reason: z.string().nullable().default(null),
  title: z.string().nullable().default(null),
  forced: z.boolean().default(false),
  data: z.record(z.string(), z.unknown()).optional(),
}));
/** An event before it is written: what is not said has its default, such as "" for nobody. */
export type NewEvent = z.input<typeof NewEvent>;

/** One entry of the journal as read: `id` orders all entries; `time` is the server's clock. */
export const JournalEvent = lazyObject(() => ({
  ...NewEvent.shape,
  v: z.literal(1),
  id: z.string(),
  time: Timestamp,
}));
/** An event of the journal, with its id and time. */
export type JournalEvent = z.infer<typeof JournalEvent>;
