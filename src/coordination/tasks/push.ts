import {
  type Dependency,
  groupTogether,
  resolveDependencies,
  unknownDependency,
} from "../../domain/dependencies.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import type { NewEvent } from "../../domain/event.ts";
import { idOf, serialOf, type TaskId } from "../../domain/ids.ts";
import { MAX_HISTORY_REASON_BYTES, MAX_PAYLOAD_BYTES } from "../../domain/limits.ts";
import type { Actor } from "../../domain/member.ts";
import { makeTask, parseNewTask } from "../../domain/new_task.ts";
import { entries } from "../../domain/place.ts";
import type { Act } from "../../domain/step.ts";
import type { NewTask, Task } from "../../domain/task.ts";
import { truncateUtf8 } from "../../domain/text.ts";
import { endedBadly, isEnded } from "../../domain/transitions.ts";
import { MultiError } from "../../zookeeper/errors.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import { isLoss, MAX_LOSSES } from "../losses.ts";
import { EMPTY, encodePayload } from "../payload.ts";
import { readSerials, type Serials, takeSerials } from "../serial_counter.ts";
import { bytesOf, MAX_BATCH_OPS } from "./batch.ts";
import { contention } from "./change.ts";
import type { TaskStore } from "./store.ts";

/** Pushers met by one push before it is given up. */
const MAX_TRIES = 300;

/** One task to be pushed, with what it waits for. */
interface Planned {
  readonly spec: NewTask;
  readonly index: number;
  readonly dependencies: readonly Dependency[];
}

/** A dependency that is there already, as read. */
interface Existing {
  readonly task: Task;
  readonly version: number;
}

/**
 * Pushes tasks, those that belong together (by chain or dependency) in one transaction, which takes
 * their ids, makes their records and index entries, and tells the journal. Everything is checked
 * before anything is written.
 *
 * @throws OrchestratorError INVALID_INPUT, TOO_LARGE, DEPENDENCY_NOT_FOUND, DEPENDENCY_CYCLE,
 *   DEPENDENCY_FAILED. Where a later transaction fails, `details.pushed` lists what was pushed.
 */
export async function pushAll(
  store: TaskStore,
  inputs: readonly unknown[],
  by: Actor,
): Promise<Task[]> {
  const specs = inputs.map(parseNewTask);
  const dependencies = resolveDependencies(specs);
  const planned = specs.map((spec, index) => ({
    spec,
    index,
    dependencies: dependencies[index] ?? [],
  }));
  const batches = pack(store, groupTogether(specs, dependencies), planned, by);
  if (batches.length > 1) await readExisting(store, planned);
  const tasks = new Map<number, Task>();
  for (const batch of batches) {
    const pushed = await pushBatch(store, batch, by).catch((error: unknown) => {
      throw withPushed(error, [...tasks.values()]);
    });
    for (const [at, task] of pushed.entries()) {
      const index = batch[at]?.index;
      if (index !== undefined) tasks.set(index, task);
    }
  }
  return specs.flatMap((_, index) => tasks.get(index) ?? []);
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

async function pushBatch(
  store: TaskStore,
  batch: readonly Planned[],
  by: Actor,
): Promise<Task[]> {
  const act = store.act(by);
  let losses = 0;
  /** First ids of tries whose reply was lost: any one of them may still turn out to have happened. */
  const unsure: TaskId[] = [];
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (tries > 0) await store.backOff(tries);
    try {
      // The counter is read before the look for a lost try: one that comes later then fails ours.
      const reading = readForPush(store, batch);
      reading.catch(() => {});
      const done = unsure.length === 0
        ? null
        : await reading.then(noop, noop).then(() => pushedBefore(store, unsure, batch, act));
      if (done !== null) return done;
      const [serials, existing] = await reading;
      const ids = new Map(batch.map(({ index }, at) => [index, idOf("task", serials.next + at)]));
      const tasks = makeTasks(batch, ids, existing, act);
      try {
        await store.ledger.commit(pushOps(store, serials, tasks, existing), pushEvent(tasks, by));
      } catch (error) {
        requireFreeIds(store, serials, error);
        if (isLoss(error)) unsure.push(idOf("task", serials.next));
        throw error;
      }
      return tasks;
    } catch (error) {
      if (isConflict(error)) continue;
      if (!isLoss(error) || ++losses > MAX_LOSSES) throw error;
    }
  }
  throw contention("/counters/tasks");
}

/** One round trip: the counter, and the records of what the tasks wait for. */
async function readForPush(
  store: TaskStore,
  batch: readonly Planned[],
): Promise<[Serials, Map<TaskId, Existing>]> {
  store.ledger.prepare();
  const [, serials, existing] = await Promise.all([
    store.tree.sync(),
    readSerials(store.tree, "tasks"),
    readExisting(store, batch),
  ]);
  return [serials, existing];
}

/**
 * The dependencies that are there already.
 *
 * @throws OrchestratorError DEPENDENCY_NOT_FOUND, DEPENDENCY_FAILED
 */
export async function readExisting(
  store: TaskStore,
  planned: readonly Pick<Planned, "dependencies">[],
): Promise<Map<TaskId, Existing>> {
  const ids = new Set(
    planned.flatMap(({ dependencies }) =>
      dependencies.flatMap(({ on }) => "id" in on ? [on.id] : [])
    ),
  );
  const found = await Promise.all([...ids].map(async (id) => {
    const read = await store.read(id);
    if (read.kind === "missing") throw unknownDependency(id);
    const { task, version } = store.require(id, read);
    if (isEnded(task) && task.status !== "completed") {
      throw new OrchestratorError("DEPENDENCY_FAILED", `Cannot wait for it: ${endedBadly(task)}`, {
        hint: "Retry the dependency with --reset, or leave it out",
        details: { dependency: id, status: task.status },
      });
    }
    return [id, { task, version }] as const;
  }));
  return new Map(found);
}

/** Those of some dependencies that must still be waited for, each checked to be as it was read. */
export function unmetChecks(
  store: TaskStore,
  existing: ReadonlyMap<TaskId, Existing>,
): Extract<Op, { type: "check" }>[] {
  return [...existing].filter(([, { task }]) => task.status !== "completed").map((
    [id, { version }],
  ) => ({ type: "check", path: store.recordPath(id), version }));
}

function makeTasks(
  batch: readonly Planned[],
  ids: ReadonlyMap<number, TaskId>,
  existing: ReadonlyMap<TaskId, Existing>,
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
      .filter((id) => existing.get(id)?.task.status !== "completed");
    return makeTask(spec, ids.get(index) ?? idOf("task", index), {
      depends_on: idsOf("depends_on"),
      blocked_by: idsOf("blocked_by"),
      waiting_on,
    }, act);
  });
}

function createOps(store: TaskStore, task: Task): Op[] {
  return [
    { type: "create", path: store.recordPath(task.id), data: encodePayload(task) },
    ...entries(task).map((entry): Op => ({
      type: "create",
      path: store.path(...entry),
      data: EMPTY,
    })),
  ];
}

function pushOps(
  store: TaskStore,
  serials: Serials,
  tasks: readonly Task[],
  existing: ReadonlyMap<TaskId, Existing>,
): Op[] {
  return [
    takeSerials(serials, tasks.length),
    ...unmetChecks(store, existing),
    ...tasks.flatMap((task) => createOps(store, task)),
  ];
}

function pushEvent(tasks: readonly Task[], by: Actor): NewEvent {
  const chains = new Set(tasks.map((task) => task.chain_id));
  const first = tasks[0];
  return {
    type: "tasks_pushed",
    by: by.id,
    by_name: by.name,
    task_id: tasks.length === 1 ? first?.id ?? null : null,
    task_ids: tasks.map((task) => task.id),
    chain_id: chains.size === 1 ? first?.chain_id ?? null : null,
    to: "pending",
    title: first === undefined ? null : truncateUtf8(first.title, MAX_HISTORY_REASON_BYTES),
  };
}

/** The tasks of a try whose reply was lost, if one was carried out: they bear its mark. */
async function pushedBefore(
  store: TaskStore,
  firsts: readonly TaskId[],
  batch: readonly Planned[],
  act: Act,
): Promise<Task[] | null> {
  for (const first of firsts) {
    const ids = batch.map((_, at) => idOf("task", serialOf(first) + at));
    const reads = await Promise.all(ids.map((id) => store.read(id)));
    const mine = reads.flatMap((read) => read.kind === "found" ? [read.value] : [])
      .filter((task) => task.nonce === act.nonce);
    if (mine.length === batch.length) return mine;
  }
  return null;
}

function noop(): void {}

/** Ids are given out once: a record under an id that the counter calls free must not be touched. */
function requireFreeIds(store: TaskStore, { path }: Serials, error: unknown): void {
  if (!(error instanceof MultiError) || error.code !== "NODE_EXISTS") return;
  if (!error.path?.startsWith(store.path("records"))) return;
  throw new OrchestratorError(
    "CORRUPT_DATA",
    `Counter "${path}" is behind: ${error.path} exists already`,
    {
      hint: `Set it to {"v":1,"next":n}, n one more than the largest number in use`,
      details: { path, record: error.path },
    },
  );
}

function withPushed(error: unknown, tasks: readonly Task[]): unknown {
  if (!(error instanceof OrchestratorError) || tasks.length === 0) return error;
  const details = { ...error.details, pushed: tasks.map((task) => task.id) };
  return new OrchestratorError(error.code, error.message, {
    ...error.hint === undefined ? {} : { hint: error.hint },
    details,
    cause: error,
  });
}
