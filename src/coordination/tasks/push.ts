import { unknownDependency } from "../../domain/dependencies.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import type { NewEvent } from "../../domain/event.ts";
import { idOf, serialOf, type TaskId } from "../../domain/ids.ts";
import { MAX_HISTORY_REASON_BYTES } from "../../domain/limits.ts";
import type { Actor } from "../../domain/member.ts";
import { isEnded, isMet } from "../../domain/standing.ts";
import type { Act } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import { truncateUtf8 } from "../../domain/text.ts";
import { endedBadly } from "../../domain/transitions.ts";
import { MultiError } from "../../zookeeper/errors.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import { isLoss, MAX_LOSSES } from "../losses.ts";
import { readSerials, type Serials, takeSerials } from "../serial_counter.ts";
import { contention } from "./change.ts";
import { createOps, makeTasks, type Planned, planPush } from "./push_plan.ts";
import type { Found, TaskStore } from "./store.ts";

/** Pushers met by one push before it is given up. */
const MAX_TRIES = 300;

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
  const batches = planPush(store, inputs, by);
  if (batches.length > 1) await readExisting(store, batches.flat());
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
  return inputs.flatMap((_, index) => tasks.get(index) ?? []);
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
): Promise<[Serials, Map<TaskId, Found>]> {
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
  { isMissingMet = false } = {},
): Promise<Map<TaskId, Found>> {
  const ids = new Set(
    planned.flatMap(({ dependencies }) =>
      dependencies.flatMap(({ on }) => "id" in on ? [on.id] : [])
    ),
  );
  const found = await Promise.all([...ids].map(async (id) => {
    const read = await store.read(id);
    if (read.kind === "missing" && isMissingMet) return [];
    if (read.kind === "missing") throw unknownDependency(id);
    const { task, version } = store.require(id, read);
    if (isEnded(task) && !isMet(task)) {
      throw new OrchestratorError("DEPENDENCY_FAILED", `Cannot wait for it: ${endedBadly(task)}`, {
        hint: "Retry the dependency with --reset, or leave it out",
        details: { dependency: id, status: task.status },
      });
    }
    return [[id, { task, version }] as const];
  }));
  return new Map(found.flat());
}

/** Those of some dependencies that must still be waited for, each checked to be as it was read. */
export function unmetChecks(
  store: TaskStore,
  existing: ReadonlyMap<TaskId, Found>,
): Extract<Op, { type: "check" }>[] {
  return [...existing].filter(([, { task }]) => !isMet(task)).map((
    [id, { version }],
  ) => ({ type: "check", path: store.recordPath(id), version }));
}

function pushOps(
  store: TaskStore,
  serials: Serials,
  tasks: readonly Task[],
  existing: ReadonlyMap<TaskId, Found>,
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

/** The same error, with what was pushed before it. */
function withPushed(error: unknown, tasks: readonly Task[]): unknown {
  if (tasks.length === 0 || !(error instanceof Error)) return error;
  const pushed = tasks.map((task) => task.id);
  if (!(error instanceof OrchestratorError)) {
    const message = `Pushed only ${pushed.length} of the tasks: ${error.message}`;
    return new OrchestratorError("CONNECTION_LOST", message, {
      hint: "Push the others again",
      details: { pushed },
      cause: error,
    });
  }
  return new OrchestratorError(error.code, error.message, {
    ...error.hint === undefined ? {} : { hint: error.hint },
    details: { ...error.details, pushed },
    cause: error,
  });
}
