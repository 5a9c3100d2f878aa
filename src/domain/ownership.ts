import { OrchestratorError } from "./errors.ts";
import type { FencingToken, TaskId } from "./ids.ts";
import type { Actor } from "./member.ts";
import { HELD, type Task, type TaskStatus } from "./task.ts";

/** Who takes a step on a claim; with `token` the very claim it means; `force` needs no claim. */
export interface Holder {
  /** Who acts; journal and history name it. */
  readonly by: Actor;
  /** `claim.token` of the task as it was claimed; left out, any claim of this actor will do. */
  readonly token?: FencingToken | undefined;
  /** Takes the step whoever has the claim; the journal says so. */
  readonly force?: boolean | undefined;
}

/** The error for a step that a task's state does not allow. */
export function invalidTransition(task: Task, verb: string, why?: string): OrchestratorError {
  const is = why ?? `it is ${task.status.replace("_", " ")}`;
  return new OrchestratorError("INVALID_TRANSITION", `Cannot ${verb} "${task.id}": ${is}`, {
    details: { task_id: task.id, status: task.status },
  });
}

/** Throws INVALID_TRANSITION unless the task is in one of the states. */
export function requireStatus(task: Task, verb: string, ...statuses: TaskStatus[]): void {
  if (!statuses.includes(task.status)) throw invalidTransition(task, verb);
}

/**
 * Throws unless the task is held, and by this holder (or `force` is set).
 *
 * @throws OrchestratorError CLAIM_LOST: it held the task, and somebody else ended that claim;
 *   NOT_OWNER: somebody else holds it; INVALID_TRANSITION: nobody does
 */
export function requireHolder(task: Task, holder: Holder, verb: string): void {
  const isHeld = HELD.includes(task.status);
  if (holder.force === true && isHeld) return;
  if (isHeld && holder.by.id !== "" && task.claim?.owner === holder.by.id) {
    if (holder.token === undefined || holder.token === task.claim.token) return;
    throw claimLost(task, verb);
  }
  if (hasLostClaim(task, holder)) throw claimLost(task, verb);
  if (!isHeld) throw invalidTransition(task, verb);
  throw notOwner(task.id, verb, task);
}

/** Whether a claim of this holder was ended by another than the holder. */
function hasLostClaim(task: Task, { by, token }: Holder): boolean {
  if (by.id === "") return false;
  const claimed = task.history.findLastIndex((step) =>
    step.action === "claim" && step.by === by.id && (token === undefined || step.token === token)
  );
  if (claimed < 0) return token !== undefined && task.history_dropped > 0;
  const end = task.history.slice(claimed + 1).find((step) =>
    step.from !== null && HELD.includes(step.from) && !HELD.includes(step.to)
  );
  return end !== undefined && (end.by !== by.id || end.action === "recover");
}

function claimLost(task: Task, verb: string): OrchestratorError {
  const now = task.claim === null
    ? `it is ${task.status.replace("_", " ")}`
    : `it is held by ${task.claim.owner_name || task.claim.owner}`;
  return new OrchestratorError(
    "CLAIM_LOST",
    `Cannot ${verb} "${task.id}": the claim was lost, ${now}`,
    {
      hint: "What you hand in is kept on the task as a late report",
      details: { task_id: task.id, status: task.status, owner: task.claim?.owner ?? null },
    },
  );
}

function notOwner(id: TaskId, verb: string, task: Task): OrchestratorError {
  const owner = task.claim?.owner_name || task.claim?.owner || "somebody else";
  return new OrchestratorError("NOT_OWNER", `Cannot ${verb} "${id}": it is held by ${owner}`, {
    hint: "Only its owner may, or anyone with --force",
    details: { task_id: id, owner: task.claim?.owner ?? null },
  });
}
