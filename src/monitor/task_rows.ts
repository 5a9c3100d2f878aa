import type { JournalEvent } from "../domain/event.ts";
import type { TaskId } from "../domain/ids.ts";
import { DEFAULT_PRIORITY, type Task, type TaskStatus } from "../domain/task.ts";
import { type Board, kept, MAX_ROWS, msOf, perState, type TaskRow } from "./board.ts";

type Rows = Board["tasks"]["rows"];

/** The row of a task whose record was read. */
export function rowOf(task: Task): TaskRow {
  const { claim } = task;
  const isHeld = claim !== null;
  const last = task.history.at(-1);
  return {
    id: task.id,
    title: kept(task.title),
    status: task.status,
    link: task.link,
    chainId: task.chain_id,
    priority: task.priority,
    by: isHeld ? claim.owner : task.completed_by ?? last?.by ?? task.created_by,
    byName: isHeld
      ? claim.owner_name
      : task.completed_by_name ?? (last === undefined ? task.created_by_name : last.by_name),
    since: msOf(isHeld ? claim.claimed_at : task.completed_at ?? last?.time ?? task.created_at),
    isFor: task.assigned_to_name ?? task.assigned_to ?? task.role ?? "",
    reason: reasonOf(task),
    isRead: true,
  };
}

function reasonOf(task: Task): string | null {
  switch (task.status) {
    case "pending":
      return waitOf(task);
    case "blocked":
      return task.blocked_reason === null ? null : kept(task.blocked_reason);
    case "failed":
      return task.fail_reason === null ? null : kept(task.fail_reason);
    case "cancelled":
      return task.cancel_reason === null ? null : kept(task.cancel_reason);
    default:
      return null;
  }
}

/** What a pending task waits for; null where it can be taken. */
function waitOf(task: Task): string | null {
  const [first, ...more] = task.waiting_on;
  if (first !== undefined) {
    const others = more.length === 0 ? "" : ` and ${more.length} more`;
    return `waits for ${shortId(first)}${others}`;
  }
  if (!task.is_due && task.not_before !== null) return `not before ${task.not_before}`;
  return null;
}

/** `#12` for `task-0000000012`. */
export function shortId(id: string): string {
  return `#${Number(id.slice(id.lastIndexOf("-") + 1))}`;
}

/** The rows after a step of a task: its row moves to its state, with what the event tells of it. */
export function applyTaskEvent(rows: Rows, event: JournalEvent): Rows {
  const { task_id, to, from } = event;
  if (task_id === null || to === null) return rows;
  const known = findRow(rows, task_id);
  if (known?.status === to && from === to) return rows;
  const isStart = known?.status === "claimed" && to === "in_progress";
  const row: TaskRow = {
    id: task_id,
    title: known?.title || kept(event.title ?? ""),
    status: to,
    link: known?.link ?? null,
    chainId: event.chain_id ?? known?.chainId ?? null,
    priority: known?.priority ?? DEFAULT_PRIORITY,
    by: event.by,
    byName: kept(event.by_name),
    since: isStart ? known.since : msOf(event.time),
    isFor: known?.isFor ?? "",
    reason: event.reason === null || to === "completed" ? null : kept(event.reason),
    isRead: known?.isRead ?? false,
  };
  return placed(without(rows, task_id), row);
}

/** The rows with those that were read, each in the place of what was known of it. */
export function applyTasks(rows: Rows, tasks: readonly TaskRow[]): Rows {
  return tasks.reduce((all, row) => replaced(all, row), rows);
}

/** The rows with these as the ones of a state. */
export function withState(rows: Rows, status: TaskStatus, tasks: readonly TaskRow[]): Rows {
  return { ...rows, [status]: tasks.slice(0, MAX_ROWS[status]) };
}

/** The row of a task, wherever it is. */
export function findRow(rows: Rows, id: TaskId): TaskRow | undefined {
  for (const list of Object.values(rows)) {
    const found = list.find((row) => row.id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A record says what a row lacked; a row that has moved on since is left alone. */
function replaced(rows: Rows, row: TaskRow): Rows {
  const known = findRow(rows, row.id);
  if (known === undefined || known.status !== row.status) return rows;
  return {
    ...rows,
    [row.status]: rows[row.status].map((other) => other.id === row.id ? row : other),
  };
}

function without(rows: Rows, id: TaskId): Rows {
  return perState((status) => {
    const list = rows[status];
    return list.some((row) => row.id === id) ? list.filter((row) => row.id !== id) : list;
  });
}

/** Pending rows come from the queue, in its order; so one is only added at the end where there is room. */
function placed(rows: Rows, row: TaskRow): Rows {
  const list = rows[row.status];
  const longer = row.status === "pending" ? [...list, row] : [row, ...list];
  return { ...rows, [row.status]: longer.slice(0, MAX_ROWS[row.status]) };
}
