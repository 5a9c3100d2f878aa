import type { Task, TaskStatus } from "./task.ts";

type Standing = Pick<Task, "status" | "judgement" | "retry_count" | "max_retries">;

/** Whether a task lies before the Leader, to be judged. */
export function isHandedIn({ status, judgement }: Pick<Standing, "status" | "judgement">): boolean {
  return judgement === "awaited" && HANDED_IN.includes(status);
}

const HANDED_IN: readonly TaskStatus[] = ["completed", "blocked", "failed", "cancelled"];

/** Whether a failed task can come back only by somebody's decision (a retry with `reset`). */
export function isFailedForGood(task: Standing): boolean {
  return task.status === "failed" &&
    (task.judgement === "refused" || task.retry_count >= task.max_retries);
}

/**
 * Whether those who wait for a task are to be told: it will not run again by itself. Of a link that is
 * still to be judged nobody is told, not even where a person cancelled it: its chain is given up first.
 */
export function isEnded(task: Standing): boolean {
  if (task.judgement === "awaited") return false;
  return task.status === "completed" || task.status === "cancelled" || isFailedForGood(task);
}

/** Whether those who wait for a task may begin. */
export function isMet(task: Standing): boolean {
  return task.status === "completed" && isEnded(task);
}
