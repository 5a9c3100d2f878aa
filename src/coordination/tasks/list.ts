import { ChainId, idOf, type InstanceId, serialOf, type TaskId } from "../../domain/ids.ts";
import { bucketOf, parseEntryName } from "../../domain/place.ts";
import { type Task, TaskStatus } from "../../domain/task.ts";
import type { CorruptNode } from "../commit_once.ts";
import { readSerials } from "../serial_counter.ts";
import type { TaskStore } from "./store.ts";

/** Which tasks are listed: those that meet all that is given. */
export interface TaskFilter {
  /** Tasks in one of these states. Default: in any. */
  readonly status?: readonly TaskStatus[] | undefined;
  /** Links of this chain. */
  readonly chainId?: ChainId | undefined;
  /** Tasks for this instance, or held by it. */
  readonly assignee?: InstanceId | undefined;
  /** Only of the last so many that were pushed; not together with a status or a chain. */
  readonly last?: number | undefined;
  /** At most so many. Default: all. */
  readonly limit?: number | undefined;
  /** Only tasks with a greater id: the last one of the page before. */
  readonly after?: TaskId | undefined;
}

/** A page of tasks, ascending by id, and the records met on the way that do not parse. */
export interface TaskList {
  /** At most `limit` of them. */
  readonly tasks: Task[];
  /** What was left out, by path and problem. */
  readonly corrupt: CorruptNode[];
}

/** Records read at once. */
const BATCH = 100;

/**
 * Lists tasks. Each is as it was when it was read, in no single moment: a task that changes state
 * while a list by state is read may be missing from it; it is never there twice, nor in a wrong state.
 */
export async function listTasks(store: TaskStore, filter: TaskFilter): Promise<TaskList> {
  await store.tree.sync();
  const { limit = Infinity } = filter;
  const page: TaskList = { tasks: [], corrupt: [] };
  let batch: TaskId[] = [];
  for await (const id of idsOf(store, filter)) {
    batch.push(id);
    if (batch.length < Math.min(BATCH, limit)) continue;
    await readInto(store, page, batch, filter);
    batch = [];
    if (page.tasks.length >= limit) break;
  }
  await readInto(store, page, batch, filter);
  return { ...page, tasks: page.tasks.slice(0, limit) };
}

/** How many tasks there are in each state. */
export async function countTasks(store: TaskStore): Promise<Record<TaskStatus, number>> {
  await store.tree.sync();
  const counts = await Promise.all(TaskStatus.options.map(async (status) => {
    const directories = await directoriesOf(store, status);
    const sizes = await Promise.all(directories.map((path) => store.tree.count(path)));
    return [status, sizes.reduce((sum, size) => sum + size, 0)] as const;
  }));
  return Object.fromEntries(counts) as Record<TaskStatus, number>;
}

async function readInto(
  store: TaskStore,
  page: TaskList,
  ids: readonly TaskId[],
  filter: TaskFilter,
): Promise<void> {
  const reads = await Promise.all(ids.map((id) => store.read(id)));
  for (const read of reads) {
    if (read.kind === "corrupt") page.corrupt.push({ path: read.path, problem: read.problem });
    if (read.kind === "found" && matches(read.value, filter)) page.tasks.push(read.value);
  }
}

function matches(task: Task, { status, chainId, assignee }: TaskFilter): boolean {
  return (status === undefined || status.includes(task.status)) &&
    (chainId === undefined || task.chain_id === chainId) &&
    (assignee === undefined || task.assigned_to === assignee || task.claimed_by === assignee);
}

/** Ids that may match, ascending, from the smallest index that holds them all. */
async function* idsOf(
  store: TaskStore,
  { status, chainId, after, last = Infinity }: TaskFilter,
): AsyncGenerator<TaskId, void, void> {
  if (chainId === undefined && status === undefined) {
    const { next } = await readSerials(store.tree, "tasks");
    const first = Math.max(after === undefined ? 1 : serialOf(after) + 1, next - last);
    for (let serial = first; serial < next; serial++) yield idOf("task", serial);
    return;
  }
  const directories = chainId === undefined
    ? (await Promise.all((status ?? []).map((one) => directoriesOf(store, one)))).flat()
    : await below(store, [store.path("chains", chainId)]);
  yield* idsIn(store, directories, after);
}

/** Ids of index directories, ascending: their buckets merged by number, or all where they have none. */
async function* idsIn(
  store: TaskStore,
  directories: readonly string[],
  after: TaskId | undefined,
): AsyncGenerator<TaskId, void, void> {
  const byBucket = new Map<string, string[]>();
  for (const directory of directories) {
    const name = directory.slice(directory.lastIndexOf("/") + 1);
    // Directories of what an instance holds are not divided: their ids may be any.
    const bucket = BUCKET.test(name) ? name : "";
    byBucket.set(bucket, [...byBucket.get(bucket) ?? [], directory]);
  }
  const undivided = await idsAt(store, byBucket.get("") ?? []);
  byBucket.delete("");
  const least = after === undefined ? "" : bucketOf(after);
  const buckets = new Set([...byBucket.keys(), ...undivided.map(bucketOf)]);
  for (const bucket of [...buckets].filter((name) => name >= least).sort()) {
    const ids = await idsAt(store, byBucket.get(bucket) ?? []);
    const all = new Set([...ids, ...undivided.filter((id) => bucketOf(id) === bucket)]);
    for (const id of [...all].sort()) if (after === undefined || id > after) yield id;
  }
}

const BUCKET = /^\d{8}$/;

/** Ids that index directories name, those of one directory after those of the other. */
export async function idsAt(store: TaskStore, directories: readonly string[]): Promise<TaskId[]> {
  const lists = await Promise.all(directories.map((path) => store.tree.children(path)));
  return lists.flat().flatMap((name) => parseEntryName(name)?.id ?? []);
}

/** The directories whose children are exactly the tasks in one state. */
export async function directoriesOf(store: TaskStore, status: TaskStatus): Promise<string[]> {
  switch (status) {
    case "pending": {
      const [ready, later, waiting] = await Promise.all([
        below(store, [store.path("ready")], 3),
        below(store, [store.path("later")], 4),
        below(store, [store.path("waiting")]),
      ]);
      return [...ready, ...later, ...waiting];
    }
    case "claimed":
    case "in_progress": {
      const owners = await below(store, [store.path("held")]);
      return owners.map((owner) => `${owner}/${status}`);
    }
    case "blocked":
    case "failed":
      return await below(store, [store.path("parked", status)]);
    case "completed":
    case "cancelled":
      return await below(store, [store.path("done", status)], 2);
  }
}

/** Paths so many levels below the given ones. */
async function below(
  store: TaskStore,
  directories: readonly string[],
  levels = 1,
): Promise<string[]> {
  let paths = [...directories];
  for (let level = 0; level < levels; level++) {
    const lists = await Promise.all(
      paths.map(async (path) => (await store.tree.children(path)).map((name) => `${path}/${name}`)),
    );
    paths = lists.flat();
  }
  return paths;
}
