import type { TaskId } from "../../domain/ids.ts";
import { entries, parseEntryName } from "../../domain/place.ts";
import { FINAL, type Task } from "../../domain/task.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import type { SweepOptions, Swept } from "../retention.ts";
import { discard } from "./due.ts";
import type { Named, TaskStore } from "./store.ts";

/** Tasks removed at once, each in a transaction of its own. */
const BATCH = 20;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Removes completed and cancelled tasks of days that lie wholly before `olderThanMs` ago: the record
 * at its version with all its entries, so that a task goes whole or stays. Tasks whose dependents are
 * still to be told stay until they are, and links of chains that are not closed: whether they were
 * passed is asked until the end. Ids are not used again.
 */
export async function sweepFinished(store: TaskStore, options: SweepOptions): Promise<Swept> {
  const cutoff = new Date(store.clock.now() - options.olderThanMs).toISOString().slice(0, 10);
  let removed = 0;
  for await (const batch of finishedBefore(store, cutoff)) {
    const allowed = batch.slice(0, options.limit - removed);
    const done = await Promise.all(allowed.map((named) => remove(store, named)));
    removed += done.filter((isRemoved) => isRemoved).length;
    if (removed >= options.limit) return { removed, more: true };
  }
  return { removed, more: false };
}

/** Entries of tasks that ended before a day, oldest day first. */
async function* finishedBefore(
  store: TaskStore,
  cutoff: string,
): AsyncGenerator<Named[], void, void> {
  await store.tree.sync();
  for (const status of FINAL) {
    const days = await store.tree.children(store.path("done", status));
    for (const day of days.filter((name) => DAY.test(name) && name < cutoff)) {
      const directory = store.path("done", status, day);
      const buckets = await store.tree.children(directory);
      if (buckets.length === 0) discard(store, directory);
      for (const bucket of buckets) {
        const names = await store.tree.children(`${directory}/${bucket}`);
        if (names.length === 0) discard(store, `${directory}/${bucket}`);
        const named = names.flatMap((name) => {
          const parsed = parseEntryName(name);
          return parsed === null
            ? []
            : [{ id: parsed.id, entry: `${directory}/${bucket}/${name}` }];
        });
        for (let at = 0; at < named.length; at += BATCH) yield named.slice(at, at + BATCH);
      }
    }
  }
}

/** A chain that is closed stays so, so a task of one can go. */
async function isOfOpenChain(store: TaskStore, { chain_id }: Task): Promise<boolean> {
  if (chain_id === null) return false;
  return await store.tree.zk.exists(store.tree.path("chains", "open", chain_id)) !== null;
}

async function remove(store: TaskStore, { id, entry }: Named): Promise<boolean> {
  const isThere = (task: Task) => entries(task).some((path) => store.path(...path) === entry);
  return await removeTask(store, id, isThere);
}

/**
 * Removes a task whole, its record at its version with all its entries, if it is as it should be, and
 * nothing is owed to anybody for it. False where it stays.
 */
export async function removeTask(
  store: TaskStore,
  id: TaskId,
  isToGo: (task: Task) => boolean,
): Promise<boolean> {
  const [read, owed] = await Promise.all([
    store.read(id),
    store.tree.zk.exists(store.path("wake", id)),
  ]);
  if (read.kind !== "found" || owed !== null || !isToGo(read.value)) return false;
  if (await isOfOpenChain(store, read.value)) return false;
  const ops: Op[] = [
    { type: "delete", path: store.recordPath(id), version: read.stat.version },
    ...entries(read.value).map((path): Op => ({ type: "delete", path: store.path(...path) })),
  ];
  try {
    await store.ledger.commit(ops, null);
    return true;
  } catch (error) {
    // A late report came in between, or another Leader was faster: the next batch looks again.
    if (!isConflict(error)) throw error;
    return false;
  }
}
