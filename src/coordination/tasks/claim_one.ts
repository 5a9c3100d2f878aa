import { OrchestratorError } from "../../domain/errors.ts";
import type { InstanceId, TaskId } from "../../domain/ids.ts";
import { place } from "../../domain/place.ts";
import { type Act, hasStep } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import { claim } from "../../domain/transitions.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import { isLoss, readAgain } from "../losses.ts";
import { change, type Decision, stepOps } from "./change.ts";
import type { ClaimState } from "./claim_state.ts";
import { setAside } from "./set_aside.ts";
import type { Found, Named, TaskStore } from "./store.ts";
import { type Claimer, type ClaimOptions, pausedUntil, takesAnyRole } from "./survey.ts";

/** Tries one candidate; null where somebody else has it. */
export async function claimCandidate(
  store: TaskStore,
  state: ClaimState,
  claimer: Claimer,
  candidate: Named,
): Promise<Task | null> {
  const { id, entry } = candidate;
  const read = await readAgain(store, () => store.read(id));
  if (read.kind !== "found") {
    await setAsideIfCertain(state, candidate, -1, () => setAside(store, candidate, read));
    return null;
  }
  const found = { task: read.value, version: read.stat.version };
  if (store.path(...place(found.task)) !== entry) {
    const stray: Op[] = [
      { type: "check", path: store.recordPath(id), version: found.version },
      { type: "delete", path: entry },
    ];
    await setAsideIfCertain(state, candidate, found.version, async () => {
      await store.ledger.commit(stray, null);
      // Only now is it certain: two hands of one process may have met it at the same moment.
      store.onProblem({ path: entry, problem: `task is ${found.task.status}` });
    });
    return null;
  }
  const act = store.act(claimer);
  const step = claim(found.task, claimer, act, found.version);
  state.statistics.tries++;
  try {
    const ops = [memberGuard(store, claimer.id), ...stepOps(store, found, step.task)];
    await store.ledger.commit(ops, step.event);
    return step.task;
  } catch (error) {
    if (isConflict(error)) {
      if (error.index === 0) throw notRegistered(claimer.id);
      return null;
    }
    if (!isLoss(error)) throw error;
    return await resolveClaim(store, claimer, id, act);
  }
}

/**
 * After a lost reply: the same claim again, under the same mark, until it is certain whose the task is.
 * Nothing else may be claimed before that, or this one could become ours without our knowing.
 */
async function resolveClaim(
  store: TaskStore,
  claimer: Claimer,
  id: TaskId,
  act: Act,
): Promise<Task | null> {
  try {
    const { task } = await change(
      store,
      id,
      act,
      (found) => hasStep(found.task, act.nonce) ? null : decideClaim(store, claimer, act, found),
    );
    // Its mark, but no longer its claim: it was ours, and was recovered meanwhile.
    return task.claim?.nonce === act.nonce ? task : null;
  } catch (error) {
    if (error instanceof OrchestratorError && error.code === "NOT_CLAIMABLE") return null;
    throw error;
  }
}

/** Acts on an entry that does not fit its record only if it still does not at a second meeting. */
async function setAsideIfCertain(
  state: ClaimState,
  { entry }: Named,
  version: number,
  put: () => Promise<void>,
): Promise<void> {
  if (state.suspects.get(entry) !== version) {
    state.suspects.set(entry, version);
    return;
  }
  state.suspects.delete(entry);
  try {
    await put();
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

function memberGuard(store: TaskStore, id: InstanceId): Extract<Op, { type: "check" }> {
  return { type: "check", path: store.tree.path("instances", id) };
}

function notRegistered(id: InstanceId): OrchestratorError {
  return new OrchestratorError("MEMBER_NOT_FOUND", `Cannot claim: "${id}" is not registered`, {
    hint: "Run register first",
    details: { instance_id: id },
  });
}

/** Claims one task by its id; throws NOT_CLAIMABLE, TASK_NOT_FOUND, FLEET_PAUSED, MEMBER_NOT_FOUND. */
export async function claimById(
  store: TaskStore,
  claimer: Claimer,
  id: TaskId,
  options: ClaimOptions,
): Promise<Task> {
  const act = store.act(claimer);
  const pause = await readAgain(store, () => pausedUntil(store));
  if (pause !== null) {
    throw new OrchestratorError("FLEET_PAUSED", `Cannot claim "${id}": paused until ${pause}`, {
      details: { until: pause },
    });
  }
  const { task } = await change(store, id, act, async (found) => {
    const { role, assigned_to } = found.task;
    const isForOthers = role !== null && role !== claimer.role && assigned_to === null;
    if (isForOthers && !takesAnyRole(claimer, options)) {
      throw new OrchestratorError("NOT_CLAIMABLE", `Cannot claim "${id}": it is for ${role}`, {
        hint: "Use --no-role-filter to claim it all the same",
        details: { task_id: id, role },
      });
    }
    return await decideClaim(store, claimer, act, found);
  });
  return task;
}

/** The step of a claim, which only a member may take, and only while it is one. */
async function decideClaim(
  store: TaskStore,
  claimer: Claimer,
  act: Act,
  { task, version }: Found,
): Promise<Decision> {
  const step = claim(task, claimer, act, version);
  const guard = memberGuard(store, claimer.id);
  if (await store.tree.zk.exists(guard.path) === null) throw notRegistered(claimer.id);
  return { ...step, guards: [guard] };
}
