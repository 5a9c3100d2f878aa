import { OrchestratorError } from "../../domain/errors.ts";
import type { NewEvent } from "../../domain/event.ts";
import { MAX_PAYLOAD_BYTES } from "../../domain/limits.ts";
import { NOBODY } from "../../domain/member.ts";
import { entries } from "../../domain/place.ts";
import type { Act, Step } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import { change, stepOps } from "./change.ts";
import { setAside } from "./set_aside.ts";
import type { Named, TaskStore } from "./store.ts";

/** Operations of one transaction: small enough that a lost race costs little. */
export const MAX_BATCH_OPS = 300;

/** Bytes that an operation costs beside its data: its path, header and ACL, generously. */
export const OP_OVERHEAD_BYTES = 300;

/** A small step that many tasks take; null where a task has no need of it. */
export type SmallStep = (task: Task, act: Act) => Step | null;

/**
 * What a step is taken for: the operations that check that it still holds, read anew before each
 * transaction; null where it no longer does, and nothing more is to be done.
 */
export type Premise = () => Promise<readonly Op[] | null>;

const ALWAYS: Premise = () => Promise.resolve([]);

/**
 * Takes the same step on many tasks, as many as fit in each transaction, one by one where others
 * change them meanwhile. Entries that turn out to be wrong (no record, an unreadable one, one that
 * has no need of the step) are removed or set aside, so that they are not met again.
 */
export async function changeAll(
  store: TaskStore,
  named: readonly Named[],
  take: SmallStep,
  premise: Premise = ALWAYS,
): Promise<void> {
  const batch = new Batch();
  for (const item of await readAll(store, named, take)) {
    if (!batch.hasRoom(item.ops)) await commitBatch(store, batch, take, premise);
    batch.add(item);
  }
  await commitBatch(store, batch, take, premise);
}

interface Item extends Named {
  readonly ops: readonly Op[];
  readonly event: NewEvent | null;
}

class Batch {
  items: Item[] = [];
  #ops = 0;
  #bytes = 0;

  hasRoom(ops: readonly Op[]): boolean {
    return this.items.length === 0 ||
      this.#ops + ops.length <= MAX_BATCH_OPS && this.#bytes + bytesOf(ops) <= MAX_PAYLOAD_BYTES;
  }

  add(item: Item): void {
    this.items.push(item);
    this.#ops += item.ops.length + 1;
    this.#bytes += bytesOf(item.ops);
  }

  take(): Item[] {
    const items = this.items;
    this.items = [];
    this.#ops = 0;
    this.#bytes = 0;
    return items;
  }
}

/** Bytes of a transaction, at most; a journal entry of a few KiB is counted in. */
export function bytesOf(ops: readonly Op[]): number {
  return ops.reduce(
    (sum, op) => sum + OP_OVERHEAD_BYTES + ("data" in op ? op.data?.length ?? 0 : 0),
    4 * 1024,
  );
}

async function commitBatch(
  store: TaskStore,
  batch: Batch,
  take: SmallStep,
  premise: Premise,
): Promise<void> {
  const items = batch.take();
  if (items.length === 0) return;
  const guards = await premise();
  if (guards === null) return;
  try {
    const events = items.flatMap(({ event }) => event === null ? [] : [event]);
    await store.ledger.commit([...guards, ...items.flatMap(({ ops }) => ops)], events);
  } catch (error) {
    if (!isConflict(error)) throw error;
    for (const item of items) await changeOne(store, item, take, premise);
  }
}

async function changeOne(
  store: TaskStore,
  item: Item,
  take: SmallStep,
  premise: Premise,
): Promise<void> {
  const act = store.act(NOBODY);
  try {
    await change(store, item.id, act, async ({ task }) => {
      const guards = await premise();
      const step = guards === null ? null : take(task, act);
      return step === null ? null : { ...step, guards: guards ?? [] };
    });
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    if (error.code !== "TASK_NOT_FOUND" && error.code !== "CORRUPT_DATA") throw error;
  }
}

function hasEntry(store: TaskStore, task: Task, path: string): boolean {
  return entries(task).some((entry) => store.path(...entry) === path);
}

async function readAll(
  store: TaskStore,
  named: readonly Named[],
  take: SmallStep,
): Promise<Item[]> {
  const reads = await Promise.all(named.map(({ id }) => store.read(id)));
  const items: Item[] = [];
  for (const [index, { id, entry }] of named.entries()) {
    const read = reads[index];
    if (read === undefined) continue;
    if (read.kind !== "found") {
      await setAside(store, { id, entry }, read);
      continue;
    }
    const found = { task: read.value, version: read.stat.version };
    const step = take(found.task, store.act(NOBODY));
    if (step === null && hasEntry(store, found.task, entry)) continue;
    const stray: Op[] = [
      { type: "check", path: store.recordPath(id), version: found.version },
      { type: "delete", path: entry },
    ];
    items.push({
      id,
      entry,
      ops: step === null ? stray : stepOps(store, found, step.task),
      event: step?.event ?? null,
    });
  }
  return items;
}
