import { type Chain, isClosed } from "../../domain/chain.ts";
import type { ChainChange } from "../../domain/chain_change.ts";
import type { NewEvent } from "../../domain/event.ts";
import { fitSteps } from "../../domain/fit_steps.ts";
import type { ChainId, RequirementId, TaskId } from "../../domain/ids.ts";
import {
  MAX_HISTORY_REASON_BYTES,
  MAX_JOURNAL_TEXT_BYTES,
  MAX_PAYLOAD_BYTES,
} from "../../domain/limits.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { isEnded } from "../../domain/standing.ts";
import type { Step } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import { truncateUtf8 } from "../../domain/text.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { encodePayload } from "../payload.ts";
import { bytesOf, OP_OVERHEAD_BYTES } from "../tasks/batch.ts";
import { endOps, stepOps } from "../tasks/change.ts";
import { type BillEntry, naming, settleBill, type Settled } from "../tasks/running_bill.ts";
import type { Found, TaskStore } from "../tasks/store.ts";
import { mendIndex } from "./mend_index.ts";
import { CHAINS, changeRecord, type FoundRecord, readRecord, REQUIREMENTS } from "./records.ts";

/** Bytes of the operations of one step beside the record: its entries, edges, and the end of a task. */
const STEP_OVERHEAD_BYTES = 8 * OP_OVERHEAD_BYTES;

/** A chain as read, with the tasks of its links in their order. */
export interface FoundChain extends FoundRecord<Chain> {
  readonly tasks: readonly Found[];
}

/** The tasks of a chain, as of the last `sync`. Throws TASK_NOT_FOUND, CORRUPT_DATA. */
export function readLinks(store: TaskStore, chain: Chain): Promise<Found[]> {
  return Promise.all(
    chain.links.map(async ({ task_id }) => store.require(task_id, await store.read(task_id))),
  );
}

/** Those of a chain's tasks that can be read; the others are told. */
export async function readLinksThatAre(store: TaskStore, chain: Chain): Promise<Found[]> {
  const reads = await Promise.all(chain.links.map(({ task_id }) => store.read(task_id)));
  return reads.flatMap((read) => {
    if (read.kind === "corrupt") store.onProblem(read);
    return read.kind === "found" ? [{ task: read.value, version: read.stat.version }] : [];
  });
}

/** What else goes into the transaction of a change. */
export interface Besides {
  readonly ops: readonly Op[];
  readonly events: readonly NewEvent[];
}

/**
 * The transaction of a change: the chain at its version, each task that takes a step with its index
 * entries, and, where the chain ends, its requirement, which ends with the last of its chains. Texts of
 * the tasks that would make it larger than a transaction may be are cut; see `fitSteps`.
 */
export async function planChange(
  store: TaskStore,
  found: FoundChain,
  change: ChainChange,
  besides: Besides,
): Promise<{ ops: Op[]; events: NewEvent[]; ended: TaskId[] }> {
  const settled = isClosed(change.chain) && !isClosed(found.value)
    ? await settleRequirement(store, change.chain)
    : { ops: [], events: [] };
  const before = new Map(found.tasks.map((entry) => [entry.task.id, entry]));
  const { steps, entries } = await settleBills(store, before, change.steps);
  const rest = [
    ...changeRecord(store.tree, CHAINS, found, change.chain),
    ...settled.ops,
    ...besides.ops,
  ];
  const told = change.event === null ? [] : [change.event];
  const events = [
    ...besides.events,
    ...steps.map(({ event }) => event),
    ...told,
    ...settled.events,
  ];
  const room = MAX_PAYLOAD_BYTES - bytesOf(rest) - encodePayload(events).length -
    steps.length * STEP_OVERHEAD_BYTES;
  const ended: TaskId[] = [];
  const taskOps = await Promise.all(
    fitSteps(steps, room).map(async ({ task }, index) => {
      const found = before.get(task.id);
      if (found === undefined) return [];
      const ops = naming(entries[index] ?? null, stepOps(store, found, task));
      const step = await mendIndex(store, ops);
      if (!isEnded(task) || isEnded(found.task)) return step;
      ended.push(task.id);
      return [...step, ...await endingOps(store, task)];
    }),
  );
  const ops = [...taskOps.flat(), ...await mendIndex(store, rest)];
  return { ops, events, ended };
}

/** The steps with what was noted of the runs that they end, and the entries that hold the notes. */
async function settleBills(
  store: TaskStore,
  before: ReadonlyMap<TaskId, Found>,
  steps: readonly Step[],
): Promise<{ steps: Step[]; entries: BillEntry[] }> {
  const bills = await Promise.all(steps.map((step): Settled | Promise<Settled> => {
    const found = before.get(step.task.id);
    return found === undefined ? { step, entry: null } : settleBill(store, found.task, step);
  }));
  return { steps: bills.map(({ step }) => step), entries: bills.map(({ entry }) => entry) };
}

async function endingOps(store: TaskStore, task: Task): Promise<Op[]> {
  const [dependents, owed] = await Promise.all([
    store.tree.zk.exists(store.path("dependents", task.id)),
    store.tree.zk.exists(store.path("wake", task.id)),
  ]);
  return endOps(store, task.id, dependents !== null, owed !== null);
}

/**
 * A chain ends: its requirement is touched, so that of two chains that end at once the second looks
 * again, and ends with the last one.
 */
async function settleRequirement(
  store: TaskStore,
  chain: Chain,
): Promise<{ ops: Op[]; events: NewEvent[] }> {
  const { tree } = store;
  if (chain.requirement_id === null) return { ops: [], events: [] };
  const read = await readRecord(tree, REQUIREMENTS, chain.requirement_id);
  if (read.kind !== "found") {
    if (read.kind === "corrupt") store.onProblem(read);
    return { ops: [], events: [] };
  }
  const before = { value: read.value, version: read.stat.version };
  const others = await Promise.all(
    read.value.chains.filter((id) => id !== chain.id).map((id) => readRecord(tree, CHAINS, id)),
  );
  const chains = [...others.flatMap((other) => other.kind === "found" ? [other.value] : []), chain];
  const now = new Date(store.clock.now()).toISOString();
  const after = settled(read.value, chains, now);
  return {
    ops: changeRecord(tree, REQUIREMENTS, before, after),
    events: after.status === before.value.status ? [] : [requirementEvent(after)],
  };
}

function settled(requirement: Requirement, chains: readonly Chain[], now: string): Requirement {
  const touched = { ...requirement, updated_at: now };
  if (requirement.status !== "open" || !chains.every(isClosed)) return touched;
  const failed = chains.find(({ status }) => status !== "completed");
  const ended = { ...touched, closed_at: now };
  if (failed === undefined) return { ...ended, status: "completed" };
  const status = failed.status === "cancelled" ? "cancelled" : "failed";
  return { ...ended, status, reason: `${failed.id}: ${failed.reason ?? failed.status}` };
}

/** What the journal says of the end of a requirement. */
function requirementEvent(requirement: Requirement): NewEvent {
  const type = requirement.status === "completed"
    ? "requirement_completed"
    : requirement.status === "cancelled"
    ? "requirement_cancelled"
    : "requirement_failed";
  return {
    type,
    requirement_id: requirement.id satisfies RequirementId,
    reason: requirement.reason === null
      ? null
      : truncateUtf8(requirement.reason, MAX_JOURNAL_TEXT_BYTES),
    title: truncateUtf8(requirement.content, MAX_HISTORY_REASON_BYTES),
    data: { chains: requirement.chains satisfies ChainId[] },
  };
}
