import { OrchestratorError } from "./errors.ts";
import type { TaskId } from "./ids.ts";
import {
  DEFAULT_MAX_RETRIES,
  MAX_PAYLOAD_BYTES,
  MAX_RESULT_BYTES,
  MAX_TEXT_BYTES,
  PAYLOAD_RESERVE_BYTES,
} from "./limits.ts";
import { fitRecord } from "./record.ts";
import { NOTHING_SPENT } from "./spent.ts";
import type { Act } from "./step.ts";
import { DEFAULT_PRIORITY, NewTask, type Task } from "./task.ts";
import { requireFits } from "./text.ts";

/** Ids that a new task waits for: all that it names, and those of them that are not completed. */
export interface NewTaskDependencies {
  readonly depends_on: readonly TaskId[];
  readonly blocked_by: readonly TaskId[];
  readonly waiting_on: readonly TaskId[];
}

/**
 * Checks what a pusher gave.
 *
 * @throws OrchestratorError INVALID_INPUT, or TOO_LARGE with the limit and the size in bytes
 */
export function parseNewTask(input: unknown): NewTask {
  const parsed = NewTask.safeParse(input);
  if (!parsed.success) {
    const problem = parsed.error.issues
      .map((issue) => `${issue.path.join(".") || "task"} ${issue.message}`)
      .join("; ");
    throw new OrchestratorError("INVALID_INPUT", `Task is not valid: ${problem}`);
  }
  const { title, description = "", criteria = "", verify = "" } = parsed.data;
  requireFits("Title and description", title + description, MAX_TEXT_BYTES);
  requireFits("Criteria and verify command", criteria + verify, MAX_RESULT_BYTES);
  return parsed.data;
}

/** The record of a new task; throws TOO_LARGE where it would leave no room for a result. */
export function makeTask(
  spec: NewTask,
  id: TaskId,
  dependencies: NewTaskDependencies,
  act: Act,
): Task {
  const notBefore = spec.not_before === undefined ? null : Date.parse(spec.not_before);
  const task: Task = {
    v: 1,
    id,
    title: spec.title,
    description: spec.description ?? "",
    criteria: spec.criteria ?? null,
    priority: spec.priority ?? DEFAULT_PRIORITY,
    status: "pending",
    role: spec.role ?? null,
    link: spec.link ?? null,
    chain_id: spec.chain_id ?? null,
    depends_on: [...dependencies.depends_on],
    blocked_by: [...dependencies.blocked_by],
    waiting_on: [...dependencies.waiting_on],
    verify: spec.verify ?? null,
    not_before: notBefore === null ? null : new Date(notBefore).toISOString(),
    is_due: notBefore === null || notBefore <= Date.parse(act.now),
    created_by: act.by.id,
    created_by_name: act.by.name,
    created_at: act.now,
    updated_at: act.now,
    assigned_to: spec.assigned_to ?? null,
    assigned_to_name: spec.assigned_to_name ?? null,
    claim: null,
    claimed_by: null,
    claimed_at: null,
    completed_by: null,
    completed_by_name: null,
    completed_at: null,
    result: null,
    evidence: {},
    duration_seconds: null,
    retry_count: 0,
    max_retries: spec.max_retries ?? DEFAULT_MAX_RETRIES,
    blocked_reason: null,
    fail_reason: null,
    cancel_reason: null,
    cancelled_at: null,
    nonce: act.nonce,
    history: [{
      time: act.now,
      action: "push",
      from: null,
      to: "pending",
      by: act.by.id,
      by_name: act.by.name,
      token: null,
      reason: null,
      forced: false,
      nonce: act.nonce,
    }],
    history_dropped: 0,
    late_reports: [],
    judgement: "none",
    reports: 0,
    guidance: [],
    spent: NOTHING_SPENT,
    budget_usd: null,
    budget_tokens: null,
  };
  return fitRecord(task, MAX_PAYLOAD_BYTES - PAYLOAD_RESERVE_BYTES);
}
