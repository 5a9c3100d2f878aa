import type { Chain } from "../../domain/chain.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { FINAL, type Task } from "../../domain/task.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import type { SweepOptions, Swept } from "../retention.ts";
import type { TaskStore } from "../tasks/store.ts";
import { removeTask } from "../tasks/sweep.ts";
import {
  CHAINS,
  entryPath,
  type FoundRecord,
  readRecord,
  recordPath,
  REQUIREMENTS,
  type Shelf,
} from "./records.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Removes chains that were closed on days that lie wholly before `olderThanMs` ago, with what was decided
 * of them and with the links that they refused. A chain whose requirement is not over stays, and so does
 * one of which another task is still there: those go by `sweepFinished`, or somebody took them up again.
 */
export function sweepChains(store: TaskStore, options: SweepOptions): Promise<Swept> {
  return sweepClosed(store, CHAINS, options, async (found) => {
    const chain = found.value;
    if (await isRequired(store, chain) || !await removeLinks(store, chain)) return false;
    await discardDecisions(store, chain);
    return await removeRecord(store, CHAINS, found, []);
  });
}

/**
 * Removes requirements that were over on days that lie wholly before `olderThanMs` ago, with the mark of
 * the message that each was, once all their chains are gone.
 */
export function sweepRequirements(store: TaskStore, options: SweepOptions): Promise<Swept> {
  return sweepClosed(store, REQUIREMENTS, options, async (found) => {
    const { tree } = store;
    const chains = await Promise.all(
      found.value.chains.map((id) => tree.zk.exists(recordPath(tree, CHAINS, id))),
    );
    if (chains.some((stat) => stat !== null)) return false;
    return await removeRecord(store, REQUIREMENTS, found, await markOps(store, found.value));
  });
}

async function sweepClosed<T extends Chain | Requirement>(
  store: TaskStore,
  shelf: Shelf<T>,
  options: SweepOptions,
  remove: (found: FoundRecord<T>) => Promise<boolean>,
): Promise<Swept> {
  const { tree, ledger } = store;
  const cutoff = new Date(store.clock.now() - options.olderThanMs).toISOString().slice(0, 10);
  const closed = tree.path(shelf.directory, "closed");
  let removed = 0;
  await tree.sync();
  for (const day of await tree.children(closed)) {
    if (!DAY.test(day) || day >= cutoff) continue;
    for (const id of await tree.children(`${closed}/${day}`)) {
      if (removed >= options.limit) return { removed, more: true };
      const read = await readRecord(tree, shelf, id);
      if (read.kind === "corrupt") store.onProblem(read);
      if (read.kind !== "found") continue;
      if (await remove({ value: read.value, version: read.stat.version })) removed++;
    }
    // Fails while something of that day stays.
    await ledger.discard(`${closed}/${day}`);
  }
  return { removed, more: false };
}

async function isRequired({ tree }: TaskStore, { requirement_id }: Chain): Promise<boolean> {
  if (requirement_id === null) return false;
  return await tree.zk.exists(tree.path("requirements", "open", requirement_id)) !== null;
}

/** Removes the links that were refused; whether no link is left. */
async function removeLinks(store: TaskStore, chain: Chain): Promise<boolean> {
  const removed = await Promise.all(chain.links.map(async ({ task_id }) => {
    const stat = await store.tree.zk.exists(store.recordPath(task_id));
    return stat === null || await removeTask(store, task_id, isRefused);
  }));
  return !removed.includes(false);
}

/** Failed with its chain, or over like any other task of that day. */
function isRefused({ status, judgement }: Task): boolean {
  return judgement === "refused" && (status === "failed" || FINAL.includes(status));
}

async function discardDecisions({ tree, ledger }: TaskStore, { id }: Chain): Promise<void> {
  const directory = tree.path("chains", "decisions", id);
  for (const name of await tree.children(directory)) await ledger.discard(`${directory}/${name}`);
  await ledger.discard(directory);
}

async function markOps({ tree }: TaskStore, { message_id }: Requirement): Promise<Op[]> {
  if (message_id === null) return [];
  const path = tree.path("requirements", "of_message", message_id);
  return await tree.zk.exists(path) === null ? [] : [{ type: "delete", path }];
}

async function removeRecord<T extends Chain | Requirement>(
  store: TaskStore,
  shelf: Shelf<T>,
  { value, version }: FoundRecord<T>,
  besides: readonly Op[],
): Promise<boolean> {
  const { tree, ledger } = store;
  try {
    await ledger.commit([
      { type: "delete", path: recordPath(tree, shelf, value.id), version },
      { type: "delete", path: entryPath(tree, shelf, value) },
      ...besides,
    ], null);
    return true;
  } catch (error) {
    // Somebody wrote to it in between: the next batch looks again.
    if (!isConflict(error)) throw error;
    return false;
  }
}
