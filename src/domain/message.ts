import * as z from "zod";
import { ChainId, InstanceId, MessageId, TaskId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { Link, Timestamp } from "./task.ts";

/**
 * What a message is for: `direct` to some, `broadcast` to everybody, `help` for a question,
 * `report` for what came of something.
 */
export const MessageType = z.enum(["direct", "broadcast", "help", "report"]);
/** One of the types of a message. */
export type MessageType = z.infer<typeof MessageType>;

/** One message, as stored in the inbox of each receiver; never changed once sent, but for `read`. */
export const Message = lazyObject(() => ({
  v: z.literal(1),
  id: MessageId,
  type: MessageType,
  from_instance: z.string().default(""),
  from_name: z.string().default(""),
  from_role: z.string().default(""),
  to_instance: InstanceId,
  to_name: z.string().default(""),
  content: z.string(),
  task_id: TaskId.nullable().default(null),
  chain_id: ChainId.nullable().default(null),
  link: Link.nullable().default(null),
  task_doc_path: z.string().nullable().default(null),
  result_path: z.string().nullable().default(null),
  reply_to: MessageId.nullable().default(null),
  created_at: Timestamp,
  expires_at: Timestamp.nullable().default(null),
  read: z.boolean().default(false),
  read_at: Timestamp.nullable().default(null),
  /** Structured facts of a report (status, cost, session id …); shape belongs to the sender. */
  data: z.record(z.string(), z.unknown()).nullable().default(null),
  /** Drawn by the sender: recognises a message whose reply was lost. */
  nonce: z.string().default(""),
  /** Nonce of the run that finished it: recognises a finish whose reply was lost. */
  finished_by: z.string().nullable().default(null),
}));
/** A message with every field set, as one of its receivers finds it. */
export type Message = z.infer<typeof Message>;

/** Written before a Worker runs a message, so that a crash in the run is counted. */
export const ProcessingMark = lazyObject(() => ({
  v: z.literal(1),
  attempt: z.int().positive(),
  time: Timestamp,
  /** Names the process that runs it (of one id there is only one at a time). */
  session: z.string(),
  /** Drawn for each run: recognises a mark whose reply was lost. */
  nonce: z.string().default(""),
}));
export type ProcessingMark = z.infer<typeof ProcessingMark>;

/** Why a message was given up. */
export const DeadReason = z.enum(["expired", "attempts"]);
/** `expired`: its time was over; `attempts`: three runs of it never came to an end. */
export type DeadReason = z.infer<typeof DeadReason>;

/** A message that was given up, as stored below `dead/` of its inbox. */
export const DeadLetter = lazyObject(() => ({
  ...Message.shape,
  dead_reason: DeadReason,
  dead_at: Timestamp,
  /** Runs that were begun and never finished. */
  attempts: z.int().nonnegative(),
}));
/** A message that was given up, with when and why. */
export type DeadLetter = z.infer<typeof DeadLetter>;

/** What `/messages/{id}` holds: whose inbox it is, also while that member is away. */
export const InboxOwner = lazyObject(() => ({
  v: z.literal(1),
  name: z.string().default(""),
  role: z.string().default(""),
  /** Whether the journal has told that it left, since it joined last: it is told once. */
  left: z.boolean().default(false),
}));
export type InboxOwner = z.infer<typeof InboxOwner>;
