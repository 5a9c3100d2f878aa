import { OrchestratorError } from "./errors.ts";
import type { EventType } from "./event.ts";
import type { FencingToken, InstanceId, TaskId } from "./ids.ts";
import { MAX_LATE_REPORT_BYTES, MAX_LATE_REPORTS } from "./limits.ts";
import { type Holder, invalidTransition, requireHolder, requireStatus } from "./ownership.ts";
import { type Act, makeStep, type Step } from "./step.ts";
import type { Spent } from "./spent.ts";
import { isMet } from "./standing.ts";
import type { Task, TaskStatus } from "./task.ts";
import { truncateUtf8 } from "./text.ts";

/** A task that nobody holds: what every step that ends a claim sets. */
export const UNHELD = { claim: null, claimed_by: null, claimed_at: null } as const;
/** A task that nothing stands in the way of any more. */
export const UNPARKED = { blocked_reason: null, fail_reason: null } as const;

/** Who claims. */
export interface ClaimBy {
  readonly id: InstanceId;
  readonly name: string;
}

/** pending → claimed. `version` is that of the record that the claim changes. */
export function claim(task: Task, claimer: ClaimBy, act: Act, version: number): Step {
  const why = obstacle(task, claimer);
  if (why !== null) {
    throw new OrchestratorError("NOT_CLAIMABLE", `Cannot claim "${task.id}": ${why}`, {
      details: { task_id: task.id, status: task.status, owner: task.claim?.owner ?? null },
    });
  }
  const token = version + 1 as FencingToken;
  const changes: Partial<Task> = {
    status: "claimed",
    claim: {
      owner: claimer.id,
      owner_name: claimer.name,
      token,
      claimed_at: act.now,
      started_at: null,
      nonce: act.nonce,
    },
    claimed_by: claimer.id,
    claimed_at: act.now,
  };
  return makeStep(task, act, changes, { action: "claim", type: "task_claimed", token });
}

/** Why an instance cannot claim a task, whatever its role; null where it can. */
export function obstacle(task: Task, claimer: ClaimBy): string | null {
  if (task.claim !== null) return `it is held by ${task.claim.owner_name || task.claim.owner}`;
  if (task.status !== "pending") return `it is ${task.status}`;
  if (task.waiting_on.length > 0) return `it waits for ${task.waiting_on.join(", ")}`;
  if (!task.is_due) return `it is not to begin before ${task.not_before}`;
  if (task.assigned_to !== null && task.assigned_to !== claimer.id) {
    return `it is for ${task.assigned_to_name ?? task.assigned_to}`;
  }
  return null;
}

/** claimed → in_progress. */
export function start(task: Task, holder: Holder, act: Act): Step {
  requireHolder(task, holder, "start");
  requireStatus(task, "start", "claimed");
  const claim = task.claim === null ? null : { ...task.claim, started_at: act.now };
  return makeStep(
    task,
    act,
    { status: "in_progress", claim },
    note(task, holder, {
      action: "start",
      type: "task_started",
    }),
  );
}

/** What a finished task says. */
export interface Completion {
  /**
   * What was done, for people and for whoever comes next; with the evidence at most 256 KiB as
   * UTF-8.
   */
  readonly result: string;
  /** Facts that show it, as texts by name, such as `commit` and `branch`. Default: none. */
  readonly evidence?: Readonly<Record<string, string>> | undefined;
  /** What the run has cost. */
  readonly spent?: Spent | undefined;
}

/** claimed, in_progress → completed. */
export function complete(task: Task, holder: Holder, done: Completion, act: Act): Step {
  requireHolder(task, holder, "complete");
  const began = task.claim === null ? NaN : Date.parse(task.claim.claimed_at);
  const changes: Partial<Task> = {
    status: "completed",
    claim: null,
    completed_by: holder.by.id,
    completed_by_name: holder.by.name,
    completed_at: act.now,
    result: done.result,
    evidence: { ...done.evidence },
    duration_seconds: Number.isNaN(began) ? null : Math.max(0, Date.parse(act.now) - began) / 1000,
    ...UNPARKED,
  };
  return makeStep(
    task,
    act,
    changes,
    note(task, holder, { action: "complete", type: "task_completed", spent: done.spent }),
  );
}

/** claimed, in_progress → blocked. */
export function block(
  task: Task,
  holder: Holder,
  reason: string,
  act: Act,
  spent?: Spent,
): Step {
  requireHolder(task, holder, "block");
  return makeStep(
    task,
    act,
    { ...UNHELD, status: "blocked", blocked_reason: reason },
    note(task, holder, { action: "block", type: "task_blocked", reason, spent }),
  );
}

/**
 * claimed, in_progress → failed; or, where another attempt is wanted and the task allows one, →
 * pending with one retry counted, so that no crash can come between the failure and the next attempt.
 */
export function fail(
  task: Task,
  holder: Holder,
  reason: string,
  act: Act,
  again?: { notBefore?: string | undefined },
  spent?: Spent,
): Step {
  requireHolder(task, holder, "fail");
  const isLast = again === undefined || task.retry_count >= task.max_retries;
  const changes: Partial<Task> = isLast ? { status: "failed", fail_reason: reason } : {
    ...delay(again.notBefore, act),
    status: "pending",
    retry_count: task.retry_count + 1,
  };
  return makeStep(
    task,
    act,
    { ...UNHELD, ...changes },
    note(task, holder, { action: "fail", type: "task_failed", reason, spent }),
  );
}

/** claimed, in_progress → pending, without a retry being counted. */
export function release(
  task: Task,
  holder: Holder,
  act: Act,
  options: {
    reason?: string | undefined;
    notBefore?: string | undefined;
    spent?: Spent | undefined;
  } = {},
): Step {
  requireHolder(task, holder, "release");
  const changes = { ...UNHELD, status: "pending" as TaskStatus, ...delay(options.notBefore, act) };
  return makeStep(
    task,
    act,
    changes,
    note(task, holder, {
      action: "release",
      type: "task_released",
      reason: options.reason ?? null,
      spent: options.spent,
    }),
  );
}

/** blocked → pending, waiting for those of its dependencies that are not completed. */
export function unblock(task: Task, unmet: readonly TaskId[], act: Act): Step {
  requireStatus(task, "unblock", "blocked");
  return makeStep(task, act, { ...UNPARKED, status: "pending", waiting_on: [...unmet] }, {
    action: "unblock",
    type: "task_unblocked",
  });
}

/** blocked, failed → pending, with one retry counted, or with `reset` none so far. */
export function retry(
  task: Task,
  unmet: readonly TaskId[],
  act: Act,
  options: { reset?: boolean | undefined; notBefore?: string | undefined } = {},
): Step {
  requireStatus(task, "retry", "blocked", "failed");
  if (options.reset !== true && task.retry_count >= task.max_retries) {
    throw new OrchestratorError(
      "RETRIES_EXHAUSTED",
      `Cannot retry "${task.id}": it was retried ${task.retry_count} times, at most ${task.max_retries} are allowed`,
      {
        hint: "Use --reset to begin counting anew",
        details: { task_id: task.id, retry_count: task.retry_count, max_retries: task.max_retries },
      },
    );
  }
  const changes: Partial<Task> = {
    ...UNPARKED,
    ...delay(options.notBefore, act),
    status: "pending",
    waiting_on: [...unmet],
    retry_count: options.reset === true ? 0 : task.retry_count + 1,
    // The chain that refused it is over: what comes of it now is nobody's to judge.
    ...(task.judgement === "refused" ? { judgement: "none" as const } : {}),
  };
  return makeStep(task, act, changes, { action: "retry", type: "task_retried" });
}

/** pending, blocked, failed → cancelled; a held task only by force. */
export function cancel(
  task: Task,
  act: Act,
  options: { reason?: string | undefined; force?: boolean | undefined } = {},
): Step {
  const { reason = null, force = false } = options;
  if (task.claim !== null && !force) {
    const owner = task.claim.owner_name || task.claim.owner;
    throw invalidTransition(
      task,
      "cancel",
      `it is held by ${owner}, and is cancelled only by force`,
    );
  }
  if (task.claim === null) requireStatus(task, "cancel", "pending", "blocked", "failed");
  const changes: Partial<Task> = {
    ...UNHELD,
    status: "cancelled",
    cancel_reason: reason,
    cancelled_at: act.now,
  };
  const forced = task.claim !== null;
  return makeStep(task, act, changes, { action: "cancel", type: "task_cancelled", reason, forced });
}

/** The work of an owner that is gone: → pending with one retry counted, or past the limit → failed. */
export function recover(task: Task, owner: InstanceId, act: Act): Step {
  if (task.claim === null || task.claim.owner !== owner) throw invalidTransition(task, "recover");
  const gone = `owner ${task.claim.owner_name || owner} is gone`;
  const named = { action: "recover", type: "task_recovered" } as const;
  if (task.retry_count < task.max_retries) {
    const changes: Partial<Task> = {
      ...UNHELD,
      status: "pending",
      retry_count: task.retry_count + 1,
    };
    return makeStep(task, act, changes, { ...named, reason: gone });
  }
  const reason = `${gone}, and it was retried ${task.retry_count} times`;
  const changes: Partial<Task> = { ...UNHELD, status: "failed", fail_reason: reason };
  return makeStep(task, act, changes, { ...named, reason });
}

/** What its dependents are told of a task that ended without being completed. */
export function endedBadly(task: Task): string {
  const reason = task.fail_reason ?? task.cancel_reason;
  const what = `dependency ${task.id} ${task.status === "cancelled" ? "was cancelled" : "failed"}`;
  return reason === null || reason === "" ? what : `${what}: ${reason}`;
}

/** A dependency ended: one thing less to wait for or, where it was not completed, → blocked. */
export function wake(task: Task, dependency: Task, act: Act): Step | null {
  if (task.status !== "pending" || !task.waiting_on.includes(dependency.id)) return null;
  if (!isMet(dependency)) {
    const reason = endedBadly(dependency);
    const changes = { status: "blocked" as TaskStatus, blocked_reason: reason, waiting_on: [] };
    return makeStep(task, act, changes, { action: "wake", type: "task_blocked", reason });
  }
  const waiting_on = task.waiting_on.filter((id) => id !== dependency.id);
  const reason = `dependency ${dependency.id} is completed`;
  return makeStep(task, act, { waiting_on }, { action: "wake", type: "task_woken", reason });
}

/** `not_before` has passed: the task goes where claimers look. */
export function due(task: Task, act: Act): Step | null {
  if (task.status !== "pending" || task.is_due) return null;
  if (task.not_before !== null && Date.parse(task.not_before) > Date.parse(act.now)) return null;
  return makeStep(task, act, { is_due: true }, { action: "due", type: "task_due" });
}

/** Keeps what a former owner handed in: beside the task's outcome, never as it. */
export function lateReport(
  task: Task,
  holder: Holder,
  report: { action: string; text: string },
  act: Act,
): Step {
  const late = {
    time: act.now,
    by: holder.by.id,
    by_name: holder.by.name,
    token: holder.token ?? null,
    action: report.action,
    text: truncateUtf8(report.text, MAX_LATE_REPORT_BYTES),
  };
  const late_reports = [...task.late_reports, late].slice(-MAX_LATE_REPORTS);
  return makeStep(task, act, { late_reports }, {
    action: "late_report",
    type: "task_late_report",
    reason: report.text,
    token: holder.token ?? null,
  });
}

function delay(notBefore: string | undefined, act: Act): Partial<Task> {
  if (notBefore === undefined) return {};
  const ms = Date.parse(notBefore);
  return { not_before: new Date(ms).toISOString(), is_due: ms <= Date.parse(act.now) };
}

/** Marks a step that only force made possible. */
function note(
  task: Task,
  holder: Holder,
  named: { action: string; type: EventType; reason?: string | null; spent?: Spent | undefined },
) {
  const isOwner = task.claim?.owner === holder.by.id &&
    (holder.token === undefined || holder.token === task.claim.token);
  return { ...named, forced: holder.force === true && !isOwner };
}
