import * as z from "zod";
import { INSTANCE_ID } from "./patterns.ts";

/** Largest number that fits the ten digits of a task, message or chain id. */
export const MAX_SERIAL = 9_999_999_999;

/** `task-{10 digits}`: names one task for life; ids are dense, ordered by creation, never used again. */
export const TaskId = z.string().regex(/^task-\d{10}$/, "must be task- and ten digits").brand<
  "TaskId"
>();
/** Text that `TaskId.parse` has let through. */
export type TaskId = z.infer<typeof TaskId>;

/** `msg-{10 digits}`: names one message, the same in every inbox that it was sent to. */
export const MessageId = z.string().regex(/^msg-\d{10}$/, "must be msg- and ten digits").brand<
  "MessageId"
>();
/** Text that `MessageId.parse` has let through. */
export type MessageId = z.infer<typeof MessageId>;

/** `chain-{10 digits}`: names one chain of tasks. */
export const ChainId = z.string().regex(/^chain-\d{10}$/, "must be chain- and ten digits").brand<
  "ChainId"
>();
/** Text that `ChainId.parse` has let through. */
export type ChainId = z.infer<typeof ChainId>;

/** `req-{10 digits}`: names one requirement that was handed to the Leader. */
export const RequirementId = z.string().regex(/^req-\d{10}$/, "must be req- and ten digits").brand<
  "RequirementId"
>();
/** Text that `RequirementId.parse` has let through. */
export type RequirementId = z.infer<typeof RequirementId>;

/**
 * `{task id}-{number}`: names one report of a link, the n-th time that it was handed in. What is
 * decided of a report is kept under this name, so that it is decided once.
 */
export const ReportId = z.string().regex(
  /^task-\d{10}-\d{1,6}$/,
  "must be the id of a task and a number",
).brand<"ReportId">();
/** Text that `ReportId.parse` has let through. */
export type ReportId = z.infer<typeof ReportId>;

/**
 * Names one member for as long as its inbox and its claims live. It becomes a path segment, so its
 * alphabet is closed: letters, digits, `.`, `_`, `-`, 1 to 64 of them, the first a letter or digit.
 */
export const InstanceId = z.string().regex(INSTANCE_ID.regex, INSTANCE_ID.problem).brand<
  "InstanceId"
>();
/** Text that `InstanceId.parse` has let through. */
export type InstanceId = z.infer<typeof InstanceId>;

/** Number of the record version at which a claim was committed: grows with every claim of a task. */
export const FencingToken = z.int().nonnegative().brand<"FencingToken">();
/** Number that `FencingToken.parse` has let through; `claim.token` of a task is one. */
export type FencingToken = z.infer<typeof FencingToken>;

type Serial = { task: TaskId; msg: MessageId; chain: ChainId; req: RequirementId };

/** Makes the id of a serial number: `idOf("task", 12)` is `task-0000000012`. */
export function idOf<Kind extends keyof Serial>(kind: Kind, serial: number): Serial[Kind] {
  if (!Number.isInteger(serial) || serial < 0 || serial > MAX_SERIAL) {
    throw new RangeError(`Serial must be 0 to ${MAX_SERIAL}, not ${serial}`);
  }
  return `${kind}-${String(serial).padStart(10, "0")}` as Serial[Kind];
}

/** The serial number of an id: 12 for `task-0000000012`. */
export function serialOf(id: TaskId | MessageId | ChainId | RequirementId): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

/** Names the n-th report of a task, n from 1. */
export function reportIdOf(task: TaskId, report: number): ReportId {
  return `${task}-${report}` as ReportId;
}
