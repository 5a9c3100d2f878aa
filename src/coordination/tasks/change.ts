import { OrchestratorError } from "../../domain/errors.ts";
import type { TaskId } from "../../domain/ids.ts";
import type { Actor } from "../../domain/member.ts";
import { entriesChanged } from "../../domain/place.ts";
import { isEnded } from "../../domain/standing.ts";
import { type Act, hasStep, type Step } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import { MultiError } from "../../zookeeper/errors.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import { isLoss, MAX_LOSSES } from "../losses.ts";
import { EMPTY, encodePayload } from "../payload.ts";
import { billEntry, naming, type ReadEntry, settleBill } from "./running_bill.ts";
import type { Found, TaskStore } from "./store.ts";

/** Conflicts met by one step before its caller is told to come again. */
const MAX_TRIES = 40;

/** What became of a step. */
export interface Changed {
  readonly task: Task;
  /** Whether others wait for the task and are still to be told that it ended. */
  readonly owesWake: boolean;
}

/** A step, and what else must hold when it is committed, such as a lease that was not renewed. */
export type Decision = Step & { readonly guards?: readonly Op[] };

/** Decides a step from a record; null where nothing is to be done, an error where it is refused. */
export type Decide = (found: Found) => Decision | null | Promise<Decision | null>;

/**
 * Reads a task, decides a step, and commits it in one transaction; anew where the record changed in
 * between. A lost reply is resolved by reading again: the step's mark in the history says that it
 * was carried out; if it is not there, the same commit is tried again, and since it names the version
 * it builds on, at most one of the two can succeed.
 */
export async function change(
  store: TaskStore,
  id: TaskId,
  act: Act,
  decide: Decide,
): Promise<Changed> {
  const omitted = new Set<string>();
  let losses = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (tries > 0) await store.backOff(tries);
    try {
      const { found, dependents, owed, held } = await readForChange(store, id, act.by);
      if (tries > 0 && hasStep(found.task, act.nonce)) {
        return { task: found.task, owesWake: owed };
      }
      const decided = await decide(found);
      if (decided === null) return { task: found.task, owesWake: false };
      const { step, entry } = await settleBill(store, found.task, decided, held);
      const isEnding = isEnded(step.task) && !isEnded(found.task);
      const ops = [
        ...(decided.guards ?? []),
        ...naming(entry, stepOps(store, found, step.task)).filter((op) =>
          !omitted.has(`${found.version} ${op.path}`)
        ),
        ...(isEnding ? endOps(store, id, dependents, owed) : []),
      ];
      try {
        await store.ledger.commit(ops, step.event);
      } catch (error) {
        const path = missingOrExtraEntry(store, error, ops);
        if (path !== null) omitted.add(`${found.version} ${path}`);
        throw error;
      }
      return { task: step.task, owesWake: isEnding && dependents };
    } catch (error) {
      if (isConflict(error)) continue;
      if (!isLoss(error) || ++losses > MAX_LOSSES) throw error;
    }
  }
  throw contention(id);
}

/** The transaction of a step: the record at its version, then what changes in the index. */
export function stepOps(store: TaskStore, before: Found, after: Task): Op[] {
  const { removed, added } = entriesChanged(before.task, after);
  return [
    {
      type: "set",
      path: store.recordPath(after.id),
      data: encodePayload(after),
      version: before.version,
    },
    ...removed.map((entry): Op => ({ type: "delete", path: store.path(entry) })),
    ...added.map((entry): Op => ({ type: "create", path: store.path(entry), data: EMPTY })),
  ];
}

/** The error where others changed a task again and again before we could. */
export function contention(id: string): OrchestratorError {
  return new OrchestratorError("CONTENTION", `Cannot change "${id}": others keep changing it`, {
    hint: "Try again",
    details: { task_id: id },
  });
}

interface ReadForChange {
  readonly found: Found;
  /** Whether anybody ever waited for it. */
  readonly dependents: boolean;
  /** Whether a wake is owed. */
  readonly owed: boolean;
  /** The entry of it that there is if whoever takes the step is at work on it. */
  readonly held: ReadEntry;
}

/** All in one round trip. */
async function readForChange(store: TaskStore, id: TaskId, by: Actor): Promise<ReadForChange> {
  store.ledger.prepare();
  const path = store.path(...billEntry(by.id, id));
  const [, read, dependents, owed, node] = await Promise.all([
    store.tree.sync(),
    store.read(id),
    store.tree.zk.exists(store.path("dependents", id)),
    store.tree.zk.exists(store.path("wake", id)),
    by.id === "" ? null : store.tree.data(path),
  ]);
  return {
    found: store.require(id, read),
    dependents: dependents !== null,
    owed: owed !== null,
    held: { path, node },
  };
}

/**
 * What a step that ends a task adds. With dependents: a note that they are to be told. Without: proof
 * that there are none, by making and removing the directory that their edges would lie in. A pusher of
 * a dependent checks the version of this task's record, so of the two one fails and looks again.
 */
export function endOps(store: TaskStore, id: TaskId, dependents: boolean, owed: boolean): Op[] {
  const wake = store.path("wake", id);
  if (dependents) {
    return [owed ? { type: "check", path: wake } : { type: "create", path: wake, data: EMPTY }];
  }
  const directory = store.path("dependents", id);
  return [{ type: "create", path: directory, data: EMPTY }, { type: "delete", path: directory }];
}

/**
 * The index entry that was not there to delete, or there already: somebody's hand was in the tree,
 * for the record's version, checked before it in the same transaction, says that no step was. The
 * step goes on without that entry, which sets the index right.
 */
function missingOrExtraEntry(
  store: TaskStore,
  error: unknown,
  ops: readonly Op[],
): string | null {
  if (!(error instanceof MultiError)) return null;
  const op = ops[error.index];
  const isIndex = op !== undefined &&
    !["records", "wake"].includes(store.tree.segments(op.path)[1] ?? "") &&
    store.tree.segments(op.path).length > 3;
  const isWrong = op?.type === "delete" && error.code === "NO_NODE" ||
    op?.type === "create" && error.code === "NODE_EXISTS";
  if (!isIndex || !isWrong) return null;
  store.onProblem({
    path: op.path,
    problem: `index entry was ${op.type === "delete" ? "missing" : "there already"}`,
  });
  return op.path;
}
