import type { TaskId } from "../../domain/ids.ts";
import type { Entry } from "../../domain/place.ts";
import { leavesBill, RunningBill, withBill } from "../../domain/running_bill.ts";
import type { Step } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { decodePayload } from "../payload.ts";
import type { TaskStore } from "./store.ts";

/** The entry that holds a bill, which must be the same still when it is deleted; null where none is read. */
export type BillEntry = { readonly path: string; readonly version: number } | null;

/** A step with the bill that it settles. */
export interface Settled {
  readonly step: Step;
  readonly entry: BillEntry;
}

/** An entry as it was read; null where there was none. */
export interface ReadEntry {
  readonly path: string;
  readonly node: { readonly data: Uint8Array; readonly stat: { readonly version: number } } | null;
}

/** Where the bill of a claim is, while its owner is at work on the task; before that there is none. */
export function billEntry(owner: string, id: TaskId): Entry {
  return ["held", owner, "in_progress", id];
}

/**
 * Adds to a step that ends a claim what was noted of its run, where the step itself does not say what
 * the run has cost. A note that comes in between makes the transaction fail, so none is left out.
 * `read` spares a round trip where it is the entry in question.
 */
export async function settleBill(
  store: TaskStore,
  before: Task,
  step: Step,
  read?: ReadEntry,
): Promise<Settled> {
  if (before.claim === null || !leavesBill(before, step) || before.status !== "in_progress") {
    return { step, entry: null };
  }
  const path = store.path(...billEntry(before.claim.owner, before.id));
  const node = read?.path === path ? read.node : await store.tree.data(path);
  if (node === null) return { step, entry: null };
  const entry = { path, version: node.stat.version };
  const bill = readBill(before, node.data);
  if (typeof bill === "string") store.onProblem({ path, problem: bill });
  return bill === null || typeof bill === "string"
    ? { step, entry }
    : { step: withBill(step, bill.spent), entry };
}

/** The operations of a step, of which the one that ends the claim names the bill that was read. */
export function naming(entry: BillEntry, ops: readonly Op[]): Op[] {
  return ops.map((op) =>
    op.type === "delete" && op.path === entry?.path ? { ...op, version: entry.version } : op
  );
}

/** The bill that an entry of a held task holds; null where nothing was noted, a problem where it is none. */
export function readBill({ claim }: Task, data: Uint8Array): RunningBill | null | string {
  if (data.length === 0) return null;
  const decoded = decodePayload(data, RunningBill);
  if (!decoded.ok) return `running bill: ${decoded.problem}`;
  if (decoded.value.token === claim?.token) return decoded.value;
  return `running bill of claim ${decoded.value.token}, which is not the task's`;
}
