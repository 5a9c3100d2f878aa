import { OrchestratorError } from "./errors.ts";
import type { InstanceId, TaskId } from "./ids.ts";
import { requireStatus } from "./ownership.ts";
import { isHandedIn } from "./standing.ts";
import { type Act, makeStep, type Step } from "./step.ts";
import type { Guidance, Role, Task } from "./task.ts";
import { UNHELD, UNPARKED } from "./transitions.ts";

// The steps that the Leader takes on the links of its chains; the other steps are in transitions.ts.

/** Guidances that a task keeps, the newest ones. */
const MAX_GUIDANCE = 10;

/** Who may take a link, and what its runs may cost in all. */
export interface Terms {
  /** Role that it asks for; null: any. */
  readonly role: Role | null;
  /** Who alone may take it; null: whoever has the role. */
  readonly assignee: { readonly id: InstanceId; readonly name: string } | null;
  /** US dollars; null: no limit. */
  readonly budget_usd: number | null;
  /** Input and output together; null: no limit. */
  readonly budget_tokens: number | null;
}

/** completed, handed in → passed: those who wait for it may begin. */
export function pass(task: Task, act: Act, reason: string): Step {
  requireHandedIn(task, "pass");
  requireStatus(task, "pass", "completed");
  return makeStep(task, act, { judgement: "passed" }, {
    action: "pass",
    type: "task_passed",
    reason,
  });
}

/** The link before it was passed: one thing less to wait for, and it is known who may take it. */
export function activate(task: Task, previous: TaskId, terms: Terms, act: Act): Step {
  requireStatus(task, "activate", "pending");
  const waiting_on = task.waiting_on.filter((id) => id !== previous);
  return makeStep(task, act, { ...changesOf(terms), waiting_on }, {
    action: "activate",
    type: "task_activated",
    reason: `${previous} was passed`,
  });
}

/**
 * → pending, to be done again: a link that did not pass (`terms` say by whom), or one that follows such
 * a link, and waits for it once more (`unmet`). Attempts are counted anew.
 */
export function reopen(
  task: Task,
  act: Act,
  again: {
    readonly unmet: readonly TaskId[];
    readonly terms: Terms | null;
    readonly guidance: Guidance | null;
    readonly reason: string;
    /** Whether what it came to stays on the record, for who does it again. */
    readonly keepsResult: boolean;
  },
): Step {
  requireStatus(task, "reopen", "completed", "blocked", "failed", "pending");
  const guidance = again.guidance === null ? [] : [again.guidance];
  return makeStep(task, act, {
    ...UNHELD,
    ...UNPARKED,
    ...(again.terms === null ? {} : changesOf(again.terms)),
    status: "pending",
    judgement: "awaited",
    waiting_on: [...again.unmet],
    not_before: null,
    is_due: true,
    completed_by: null,
    completed_by_name: null,
    completed_at: null,
    duration_seconds: null,
    ...(again.keepsResult ? {} : { result: null, evidence: {} }),
    retry_count: 0,
    guidance: [...task.guidance, ...guidance].slice(-MAX_GUIDANCE),
  }, { action: "reopen", type: "task_reopened", reason: again.reason });
}

/** The chain is given up: → failed, whatever was handed in. */
export function refuse(task: Task, act: Act, reason: string): Step {
  requireHandedIn(task, "refuse");
  const isCancelled = task.status === "cancelled";
  return makeStep(task, act, {
    ...UNPARKED,
    ...(isCancelled ? {} : { status: "failed" as const, fail_reason: reason }),
    judgement: "refused",
  }, { action: "refuse", type: "task_refused", reason });
}

/** The chain is over before this link was: → cancelled, even out of its holder's hands. */
export function withdraw(task: Task, act: Act, reason: string): Step {
  const changes: Partial<Task> = {
    ...UNHELD,
    status: "cancelled",
    judgement: "refused",
    waiting_on: [],
    cancel_reason: reason,
    cancelled_at: act.now,
  };
  const forced = task.claim !== null;
  return makeStep(task, act, changes, {
    action: "cancel",
    type: "task_cancelled",
    reason,
    forced,
  });
}

/** Other terms for a link that nobody has taken yet. */
export function reassign(task: Task, act: Act, terms: Terms, reason: string): Step {
  requireStatus(task, "reassign", "pending");
  return makeStep(task, act, changesOf(terms), {
    action: "reassign",
    type: "task_reassigned",
    reason,
  });
}

function changesOf({ role, assignee, budget_usd, budget_tokens }: Terms): Partial<Task> {
  return {
    role,
    assigned_to: assignee?.id ?? null,
    assigned_to_name: assignee?.name ?? null,
    budget_usd,
    budget_tokens,
  };
}

function requireHandedIn(task: Task, verb: string): void {
  if (isHandedIn(task)) return;
  throw new OrchestratorError(
    "INVALID_TRANSITION",
    `Cannot ${verb} "${task.id}": nothing of it is to be judged`,
    { details: { task_id: task.id, status: task.status, judgement: task.judgement } },
  );
}
