import type { EventType, NewEvent } from "./event.ts";
import type { FencingToken } from "./ids.ts";
import { MAX_HISTORY_REASON_BYTES, MAX_JOURNAL_TEXT_BYTES } from "./limits.ts";
import type { Actor } from "./member.ts";
import { fitRecord } from "./record.ts";
import { addSpent, type Spent } from "./spent.ts";
import { isHandedIn } from "./standing.ts";
import type { Task, Transition } from "./task.ts";
import { truncateUtf8 } from "./text.ts";

/** Who takes a step, when, and the mark by which the step is recognised if its reply is lost. */
export interface Act {
  readonly by: Actor;
  /** ISO 8601, UTC. */
  readonly now: string;
  readonly nonce: string;
}

/** What a step makes of a task, and what the journal says about it. */
export interface Step {
  readonly task: Task;
  readonly event: NewEvent;
}

/** What a step is called, and what is said about it beside the change itself. */
export interface StepNote {
  readonly action: string;
  readonly type: EventType;
  readonly reason?: string | null;
  readonly forced?: boolean;
  /** Of the claim that the step makes, uses or ends. */
  readonly token?: FencingToken | null;
  /** What the run that the step ends, or comes too late from, has cost. */
  readonly spent?: Spent | undefined;
}

/** The task with the changes, one more entry in its history, and the event that tells of it. */
export function makeStep(task: Task, act: Act, changes: Partial<Task>, note: StepNote): Step {
  const { action, type, reason = null, forced = false, spent } = note;
  const token = note.token ?? task.claim?.token ?? null;
  const status = changes.status ?? task.status;
  const transition: Transition = {
    time: act.now,
    action,
    from: task.status,
    to: status,
    by: act.by.id,
    by_name: act.by.name,
    token,
    reason: reason === null ? null : truncateUtf8(reason, MAX_HISTORY_REASON_BYTES),
    forced,
    nonce: act.nonce,
    ...(spent === undefined ? {} : { spent }),
  };
  const merged = { ...task, ...changes };
  const isHandingIn = isHandedIn(merged) && !isHandedIn(task);
  const changed = {
    ...merged,
    ...(isHandingIn ? { reports: task.reports + 1 } : {}),
    ...(spent === undefined ? {} : { spent: addSpent(task.spent, spent) }),
    updated_at: act.now,
    history: [...task.history, transition],
  };
  const event: NewEvent = {
    type,
    by: act.by.id,
    by_name: act.by.name,
    task_id: task.id,
    chain_id: task.chain_id,
    from: task.status,
    to: status,
    token,
    reason: reason === null ? null : truncateUtf8(reason, MAX_JOURNAL_TEXT_BYTES),
    title: truncateUtf8(task.title, MAX_HISTORY_REASON_BYTES),
    forced,
    ...(spent === undefined ? {} : { data: { spent } }),
  };
  return { task: fitRecord(changed), event };
}

/** Whether a step with this mark is in the task's history: it was carried out. */
export function hasStep(task: Task, nonce: string): boolean {
  return task.history.some((transition) => transition.nonce === nonce);
}
