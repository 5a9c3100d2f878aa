import { parseEntryName } from "../../domain/place.ts";
import type { TaskId } from "../../domain/ids.ts";
import { isEnded } from "../../domain/standing.ts";
import { wake } from "../../domain/transitions.ts";
import { changeAll } from "./batch.ts";
import { isConflict } from "../commit_once.ts";
import { isLoss } from "../losses.ts";
import type { Named, TaskStore } from "./store.ts";

/** Dependents that are read at once. */
const BATCH = 100;

/**
 * Tells those who wait for an ended task, and then removes the note that they are to be told. May be
 * done by several at once, and again after a crash at any point: an edge goes with the step that it
 * is for, and the note goes last, and only while the task has not changed.
 */
export async function wakeDependents(store: TaskStore, id: TaskId): Promise<void> {
  const note = store.path("wake", id);
  const path = store.recordPath(id);
  for (;;) {
    const [, read, owed] = await Promise.all([
      store.tree.sync(),
      store.read(id),
      store.tree.zk.exists(note),
    ]);
    if (owed === null) return;
    if (read.kind !== "found") {
      const problem = read.kind === "corrupt" ? read.problem : "record is missing";
      return store.onProblem({ path, problem });
    }
    const dependents = isEnded(read.value) ? await readEdges(store, id, BATCH) : [];
    if (dependents.length > 0) {
      const { version } = read.stat;
      // One that is done again is waited for again: who wakes late must not wake for what it was.
      const premise = async () => {
        const now = await store.tree.zk.exists(path);
        return now?.version === version ? [{ type: "check" as const, path, version }] : null;
      };
      await changeAll(store, dependents, (task, act) => wake(task, read.value, act), premise);
      continue;
    }
    try {
      return void await store.ledger.commit([
        { type: "check", path, version: read.stat.version },
        { type: "delete", path: note },
      ], null);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

/** Works off what is owed; what a broken connection leaves undone is left to whoever comes next. */
export async function wakeIfPossible(store: TaskStore, ids: readonly TaskId[]): Promise<void> {
  for (const id of ids) {
    try {
      await wakeDependents(store, id);
    } catch (error) {
      if (!isLoss(error)) throw error;
      return;
    }
  }
}

/** Who waits for a task, at most so many of them. */
export async function readEdges(
  store: TaskStore,
  id: TaskId,
  limit: number,
): Promise<Named[]> {
  const directory = store.path("dependents", id);
  const edges: Named[] = [];
  for (const bucket of await store.tree.children(directory)) {
    for (const name of await store.tree.children(`${directory}/${bucket}`)) {
      const parsed = parseEntryName(name);
      if (parsed !== null) edges.push({ id: parsed.id, entry: `${directory}/${bucket}/${name}` });
      if (edges.length >= limit) return edges;
    }
  }
  return edges;
}
