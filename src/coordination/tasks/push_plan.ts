import { type Dependency, groupTogether, resolveDependencies } from "../../domain/dependencies.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import { idOf, type TaskId } from "../../domain/ids.ts";
import { MAX_PAYLOAD_BYTES } from "../../domain/limits.ts";
import type { Actor } from "../../domain/member.ts";
import { makeTask, parseNewTask } from "../../domain/new_task.ts";
import { entries } from "../../domain/place.ts";
import { isMet } from "../../domain/standing.ts";
import type { Act } from "../../domain/step.ts";
import type { NewTask, Task } from "../../domain/task.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { EMPTY, encodePayload } from "../payload.ts";
import { bytesOf, MAX_BATCH_OPS } from "./batch.ts";
import type { Found, TaskStore } from "./store.ts";

/** One task to be pushed, with what it waits for. */
export interface Planned {
  readonly spec: NewTask;
  readonly index: number;
  readonly dependencies: readonly Dependency[];
}

/**
 * The transactions of a push: what belongs together is in one of them.
 *
 * @throws OrchestratorError INVALID_INPUT, TOO_LARGE, DEPENDENCY_NOT_FOUND, DEPENDENCY_CYCLE
 */
export function planPush(store: TaskStore, inputs: readonly unknown[], by: Actor): Planned[][] {
  const specs = inputs.map(parseNewTask);
  const dependencies = resolveDependencies(specs);
  const planned = specs.map((spec, index) => ({
    spec,
    index,
    dependencies: dependencies[index] ?? [],
  }));
  return pack(store, groupTogether(specs, dependencies), planned, by);
}

/** Puts whole groups into transactions, by count of operations and by bytes. */
function pack(
  store: TaskStore,
  groups: readonly (readonly number[])[],
  planned: readonly Planned[],
  by: Actor,
): Planned[][] {
  const batches: Planned[][] = [];
  let [ops, bytes] = [Infinity, Infinity];
  for (const group of groups) {
    const members = group.flatMap((index) => planned[index] ?? []);
    const draft = draftOps(store, members, by);
    const size = bytesOf(draft);
    if (size > MAX_PAYLOAD_BYTES) {
      throw new OrchestratorError(
        "TOO_LARGE",
        `${members.length} tasks that belong together are too large for one transaction: ${size} bytes, at most ${MAX_PAYLOAD_BYTES} are allowed`,
        { details: { bytes: size, limit: MAX_PAYLOAD_BYTES } },
      );
    }
    ops += draft.length;
    bytes += size;
    const last = batches.at(-1);
    if (last !== undefined && ops <= MAX_BATCH_OPS && bytes <= MAX_PAYLOAD_BYTES) {
      last.push(...members);
    } else {
      batches.push(members);
      [ops, bytes] = [draft.length, size];
    }
  }
  return batches.map((batch) => batch.sort((a, b) => a.index - b.index));
}

/** What a group will write, with ids that are only as long as the real ones. */
function draftOps(store: TaskStore, members: readonly Planned[], by: Actor): Op[] {
  const ids = new Map(members.map(({ index }) => [index, idOf("task", index)]));
  const tasks = makeTasks(members, ids, new Map(), store.act(by));
  return tasks.flatMap((task) => createOps(store, task));
}

/** The records of a batch, its dependencies being those that exist and those among itself. */
export function makeTasks(
  batch: readonly Planned[],
  ids: ReadonlyMap<number, TaskId>,
  existing: ReadonlyMap<TaskId, Found>,
  act: Act,
): Task[] {
  return batch.map(({ spec, index, dependencies }) => {
    const named = dependencies.flatMap(({ field, on }) => {
      const id = "id" in on ? on.id : ids.get(on.index);
      return id === undefined ? [] : [{ field, id }];
    });
    const idsOf = (field: Dependency["field"]) =>
      named.filter((dependency) => dependency.field === field).map(({ id }) => id);
    const waiting_on = named.map(({ id }) => id)
      .filter((id) => {
        const dependency = existing.get(id)?.task;
        return dependency === undefined || !isMet(dependency);
      });
    return makeTask(spec, ids.get(index) ?? idOf("task", index), {
      depends_on: idsOf("depends_on"),
      blocked_by: idsOf("blocked_by"),
      waiting_on,
    }, act);
  });
}

/** What makes one task. */
export function createOps(store: TaskStore, task: Task): Op[] {
  return [
    { type: "create", path: store.recordPath(task.id), data: encodePayload(task) },
    ...entries(task).map((entry): Op => ({
      type: "create",
      path: store.path(...entry),
      data: EMPTY,
    })),
  ];
}
