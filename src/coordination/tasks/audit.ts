import { idOf, TaskId } from "../../domain/ids.ts";
import { entries, place } from "../../domain/place.ts";
import { isEnded } from "../../domain/standing.ts";
import type { Task } from "../../domain/task.ts";
import { readSerials } from "../serial_counter.ts";
import { readBill } from "./running_bill.ts";
import type { Problem, TaskStore } from "./store.ts";

/** What was found wrong with the tasks in the tree. */
export interface TaskAudit {
  /** Records that were looked at. */
  readonly tasks: number;
  /** Broken promises: entries that are missing, extra or foreign, wakes that nobody owes. */
  readonly findings: Problem[];
  /** Records that do not parse, and entries set aside because of them. */
  readonly corrupt: Problem[];
}

/** Records read at once. */
const BATCH = 500;

/** Directories below `/tasks` whose leaves are index entries, and how deep those lie. */
const INDEXES: Readonly<Record<string, number>> = {
  ready: 4,
  held: 3,
  waiting: 2,
  later: 5,
  parked: 3,
  done: 4,
  dependents: 3,
  chains: 3,
  awaiting: 2,
};

/**
 * Compares every record with every index entry: each record must have exactly the entries that follow
 * from it, each that waits for an ended task must be owed a wake, and what is noted beside a claim must be
 * of that claim. Whatever looks wrong while
 * others are at work is looked at again; what is still so, on an unchanged record, is a finding.
 */
export async function auditTasks(store: TaskStore): Promise<TaskAudit> {
  await store.tree.sync();
  const found = await readEntries(store);
  const { next } = await readSerials(store.tree, "tasks");
  const audit: TaskAudit = { tasks: 0, findings: [], corrupt: [] };
  let tasks = 0;
  const unexplained = new Set(found);
  for (let first = 1; first < next; first += BATCH) {
    const count = Math.min(BATCH, next - first);
    const ids = Array.from({ length: count }, (_, at) => idOf("task", first + at));
    const reads = await Promise.all(ids.map((id) => store.read(id)));
    for (const read of reads) {
      if (read.kind === "corrupt") audit.corrupt.push({ path: read.path, problem: read.problem });
      if (read.kind !== "found") continue;
      tasks++;
      const expected = entries(read.value).map((entry) => store.path(...entry));
      for (const path of expected) unexplained.delete(path);
      const isAmiss = expected.some((path) => !found.has(path)) ||
        await isOwedAWake(store, read.value) || await wrongBill(store, read.value) !== null;
      if (isAmiss) {
        audit.findings.push(...await lookAgain(store, read.value.id));
      }
    }
  }
  for (const path of unexplained) audit.findings.push(...await lookAtEntry(store, path));
  audit.findings.push(...await lookAtWakes(store));
  for (const name of await store.tree.children(store.path("set_aside"))) {
    audit.corrupt.push({ path: store.path("set_aside", name), problem: "set aside" });
  }
  return { ...audit, tasks };
}

/** Whether it waits for a task that has ended, and nobody is going to tell it. */
async function isOwedAWake(store: TaskStore, task: Task): Promise<boolean> {
  if (task.status !== "pending") return false;
  const ended = await Promise.all(task.waiting_on.map(async (id) => {
    const [read, note] = await Promise.all([
      store.read(id),
      store.tree.zk.exists(store.path("wake", id)),
    ]);
    return read.kind === "missing" || read.kind === "found" && isEnded(read.value) && note === null;
  }));
  return ended.includes(true);
}

/** What is wrong with what is noted beside a claim: it is no bill, or one of another claim. */
async function wrongBill(store: TaskStore, task: Task): Promise<Problem | null> {
  if (task.claim === null) return null;
  const path = store.path(...place(task));
  const node = await store.tree.data(path);
  const bill = node === null ? null : readBill(task, node.data);
  return typeof bill === "string" ? { path, problem: bill } : null;
}

/** What is wrong with a record's entries, in one state of the record from first to last look. */
async function lookAgain(store: TaskStore, id: TaskId): Promise<Problem[]> {
  for (;;) {
    await store.tree.sync();
    const before = await store.read(id);
    if (before.kind !== "found") return [];
    const paths = entries(before.value).map((entry) => store.path(...entry));
    const stats = await Promise.all(paths.map((path) => store.tree.zk.exists(path)));
    const isOwed = await isOwedAWake(store, before.value);
    const bill = await wrongBill(store, before.value);
    const after = await store.read(id);
    if (after.kind !== "found" || after.stat.version !== before.stat.version) continue;
    const missing = paths.filter((_, index) => stats[index] === null)
      .map((path) => ({ path, problem: `entry of ${before.value.status} task is missing` }));
    const owed = { path: store.recordPath(id), problem: "waits for a task that has ended" };
    return [...missing, ...isOwed ? [owed] : [], ...bill === null ? [] : [bill]];
  }
}

/** What is wrong with an entry that no record explained at the first look. */
async function lookAtEntry(store: TaskStore, path: string): Promise<Problem[]> {
  const name = path.slice(path.lastIndexOf("/") + 1).split("+")[0];
  const id = TaskId.safeParse(name);
  if (!id.success) return [{ path, problem: "foreign name" }];
  for (;;) {
    await store.tree.sync();
    const before = await store.read(id.data);
    const stat = await store.tree.zk.exists(path);
    if (stat === null || before.kind === "corrupt") return [];
    if (before.kind === "missing") return [{ path, problem: "entry without a record" }];
    if (entries(before.value).some((entry) => store.path(...entry) === path)) return [];
    const after = await store.read(id.data);
    if (after.kind !== "found" || after.stat.version !== before.stat.version) continue;
    return [{ path, problem: `extra entry of ${before.value.status} task` }];
  }
}

/** Notes of wakes that are owed for nothing. */
async function lookAtWakes(store: TaskStore): Promise<Problem[]> {
  const names = await store.tree.children(store.path("wake"));
  const problems = await Promise.all(names.map(async (name) => {
    const path = store.path("wake", name);
    const id = TaskId.safeParse(name);
    if (!id.success) return [{ path, problem: "foreign name" }];
    const read = await store.read(id.data);
    return read.kind === "missing" ? [{ path, problem: "wake without a record" }] : [];
  }));
  return problems.flat();
}

/** Paths of all index entries. */
async function readEntries(store: TaskStore): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [index, depth] of Object.entries(INDEXES)) {
    for (const path of await leaves(store, store.path(index), depth)) found.add(path);
  }
  return found;
}

/** Nodes so many levels below a directory; foreign nodes that stop short of it are among them. */
async function leaves(store: TaskStore, directory: string, depth: number): Promise<string[]> {
  const names = await store.tree.children(directory);
  const paths = names.map((name) => `${directory}/${name}`);
  if (depth === 1) return paths;
  return (await Promise.all(paths.map((path) => leaves(store, path, depth - 1)))).flat();
}
