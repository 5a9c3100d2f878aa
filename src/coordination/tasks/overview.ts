import type { TaskId } from "../../domain/ids.ts";
import { type Task, TaskStatus } from "../../domain/task.ts";
import { readAgain } from "../losses.ts";
import { directoriesOf, idsAt } from "./list.ts";
import type { TaskStore } from "./store.ts";

/** Directories listed at once while the head of the queue is looked for. */
const BATCH = 2;

/** The tasks as somebody who looks at all of them needs them. Methods throw `ZooKeeperError`. */
export class TaskOverview {
  readonly #store: TaskStore;

  constructor(store: TaskStore) {
    this.#store = store;
  }

  /**
   * Ids of the tasks in each state, as the index names them; no record is read. Not of one moment: a
   * task that changes state meanwhile may be in none of the lists, or in two.
   */
  idsByStatus(): Promise<Record<TaskStatus, TaskId[]>> {
    return readAgain(this.#store, () => readIds(this.#store));
  }

  /**
   * Pending tasks in about the order in which they will be taken, at most `limit`: those that can be
   * taken, by priority and age; then those that wait for others; then those that are not due.
   */
  upcoming(limit: number): Promise<Task[]> {
    return readAgain(this.#store, () => readQueue(this.#store, limit));
  }

  /** The task that can be taken first of each lane (`laneOf`) and priority. */
  heads(): Promise<Task[]> {
    return readAgain(this.#store, () => readHeads(this.#store));
  }

  /** Those of the tasks that there are, in the order of the ids. */
  read(ids: readonly TaskId[]): Promise<Task[]> {
    return readAgain(this.#store, async () => {
      const reads = await Promise.all(ids.map((id) => this.#store.read(id)));
      return reads.flatMap((read) => read.kind === "found" ? [read.value] : []);
    });
  }
}

async function readIds(store: TaskStore): Promise<Record<TaskStatus, TaskId[]>> {
  await store.tree.sync();
  const lists = await Promise.all(TaskStatus.options.map(async (status) => {
    return [status, await idsAt(store, await directoriesOf(store, status))] as const;
  }));
  return Object.fromEntries(lists) as Record<TaskStatus, TaskId[]>;
}

async function readQueue(store: TaskStore, limit: number): Promise<Task[]> {
  await store.tree.sync();
  const ids: TaskId[] = [];
  for (const group of queueOrder(store, await directoriesOf(store, "pending"))) {
    for (let at = 0; at < group.length && ids.length < limit; at += BATCH) {
      ids.push(...(await idsAt(store, group.slice(at, at + BATCH))).sort());
    }
    if (ids.length >= limit) break;
  }
  return await readPending(store, ids.slice(0, limit));
}

async function readPending(store: TaskStore, ids: readonly TaskId[]): Promise<Task[]> {
  const reads = await Promise.all(ids.map((id) => store.read(id)));
  return reads.flatMap((read) =>
    read.kind === "found" && read.value.status === "pending" ? [read.value] : []
  );
}

async function readHeads(store: TaskStore): Promise<Task[]> {
  await store.tree.sync();
  const queues = new Map<string, string[]>();
  for (const directory of await directoriesOf(store, "pending")) {
    const [, kind, lane, priority] = store.tree.segments(directory);
    const queue = `${lane}/${priority}`;
    if (kind === "ready") queues.set(queue, [...queues.get(queue) ?? [], directory]);
  }
  const heads = await Promise.all(
    [...queues.values()].map((buckets) => firstId(store, buckets.sort())),
  );
  return await readPending(store, heads.flat());
}

/** The first id of the buckets of one queue; none where all are empty. */
async function firstId(store: TaskStore, buckets: readonly string[]): Promise<TaskId[]> {
  for (const bucket of buckets) {
    const [first] = (await idsAt(store, [bucket])).sort();
    if (first !== undefined) return [first];
  }
  return [];
}

/** Directories of the queue that belong together, each group by bucket, the groups by their turn. */
function queueOrder(store: TaskStore, directories: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const directory of directories) {
    const [, kind = "", , priority = ""] = store.tree.segments(directory);
    const turn = kind === "ready" ? `0${priority}` : kind === "waiting" ? "1" : "2";
    groups.set(turn, [...groups.get(turn) ?? [], directory]);
  }
  const bucket = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  return [...groups].sort(([a], [b]) => a < b ? -1 : 1).map(([turn, paths]) =>
    // What is not due lies by its time, which its path begins with.
    turn === "2" ? paths.sort() : paths.sort((a, b) => bucket(a) < bucket(b) ? -1 : 1)
  );
}
