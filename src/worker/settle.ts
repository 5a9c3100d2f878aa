import type { TokenHolder } from "../coordination/task_queue.ts";
import { isLoss } from "../coordination/losses.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { TaskId } from "../domain/ids.ts";
import type { Spent } from "../domain/spent.ts";
import { HELD, type Task, type TaskStatus } from "../domain/task.ts";
import { sleep } from "../platform/clock.ts";
import type { WorkerContext } from "./context.ts";
import type { Gate } from "./gate.ts";

/** ms between two tries of a step that the connection was lost under. */
const AGAIN_MS = 500;

/**
 * Takes a step until it is taken or refused: where the connection is lost it waits for the next one
 * and tries again, since the outcome of a run that took an hour is not thrown away for a second
 * without ZooKeeper. Rejects with the signal's reason when it is aborted.
 */
export async function insist<T>(
  context: WorkerContext,
  gate: Gate,
  signal: AbortSignal,
  step: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!isLoss(error)) throw error;
    }
    await sleep(context.clock, AGAIN_MS, signal);
    await gate.connected(signal);
  }
}

/** Whether an error says that the claim is not ours any more. */
export function isClaimGone(error: unknown): boolean {
  return error instanceof OrchestratorError &&
    ["CLAIM_LOST", "NOT_OWNER", "INVALID_TRANSITION", "TASK_NOT_FOUND"].includes(error.code);
}

/** A claim that is to end, and what its run has cost, where there was one. */
export interface Ending {
  readonly id: TaskId;
  readonly holder: TokenHolder;
  readonly spent?: Spent;
}

/**
 * Ends a claim: the task as it is afterwards, or null where the claim was lost. A step refused because
 * it had been taken already (its reply was lost, or the agent took it itself) counts as taken. Either way
 * the run is billed.
 */
export async function endClaim(
  context: WorkerContext,
  { id, holder, spent }: Ending,
  wanted: TaskStatus,
  step: () => Promise<Task>,
): Promise<Task | null> {
  try {
    return await step();
  } catch (error) {
    if (!isClaimGone(error)) throw error;
  }
  if (spent !== undefined) await billRest(context, id, holder, spent);
  const task = await context.team.tasks.get(id).catch(() => null);
  // What was handed in too late, and billed, is told after the step that ended the claim.
  const end = task?.history.findLast(({ token, from, to }) =>
    token === holder.token && from !== null && HELD.includes(from) && !HELD.includes(to)
  );
  const isOurs = end?.by === context.identity.id && end.action !== "recover" && end.to === wanted;
  return isOurs && task?.claim === null ? task : null;
}

/** Bills what a run has cost beyond what was billed when its claim was ended without it. */
export async function billRest(
  { team }: WorkerContext,
  id: TaskId,
  holder: TokenHolder,
  spent: Spent,
): Promise<void> {
  try {
    await team.tasks.billLate(id, holder, spent);
  } catch (error) {
    // Its record is gone, or unreadable: there is nothing left to bill.
    if (!(error instanceof OrchestratorError)) throw error;
  }
}
