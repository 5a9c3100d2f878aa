import type { Task } from "../../src/domain/task.ts";
import type { Style } from "../cli/colours.ts";
import type { Column } from "../cli/grid.ts";

/** A task as it is printed: the record without what only its writers need. */
export type TaskView =
  & Omit<Task, "nonce" | "claim" | "history">
  & { readonly claim: Omit<NonNullable<Task["claim"]>, "nonce"> | null };

/** The task for stdout. The way it came is `task-history`'s to tell. */
export function taskView(task: Task): TaskView {
  const { nonce: _nonce, claim, history: _history, ...shown } = task;
  if (claim === null) return { ...shown, claim: null };
  const { nonce: _claimNonce, ...held } = claim;
  return { ...shown, claim: held };
}

const SYMBOLS: Readonly<Record<Task["status"], string>> = {
  pending: "…",
  claimed: "◐",
  in_progress: "●",
  completed: "✓",
  blocked: "■",
  failed: "✗",
  cancelled: "–",
};

const STYLES: Readonly<Record<Task["status"], Style | undefined>> = {
  pending: undefined,
  claimed: "blue",
  in_progress: "blue",
  completed: "dim",
  blocked: "yellow",
  failed: "yellow",
  cancelled: "dim",
};

export const TASK_COLUMNS: readonly Column<TaskView>[] = [
  { title: "ID", cell: (task) => task.id, min: 15 },
  {
    title: "STATUS",
    cell: (task) => `${SYMBOLS[task.status]} ${task.status}`,
    min: 13,
    style: (task) => STYLES[task.status],
  },
  { title: "P", cell: (task) => String(task.priority), min: 1 },
  { title: "LINK", cell: (task) => task.link ?? task.role ?? "-", min: 6 },
  { title: "WHO", cell: who, min: 8 },
  { title: "TITLE", cell: (task) => task.title, min: 12 },
];

function who(task: TaskView): string {
  if (task.claim !== null) return task.claim.owner_name || task.claim.owner;
  if (task.status === "completed") return task.completed_by_name ?? task.completed_by ?? "-";
  return task.assigned_to_name ?? task.assigned_to ?? "-";
}
