import type { JournalEvent } from "../../src/domain/event.ts";
import { HELD, type Task, type TaskStatus } from "../../src/domain/task.ts";

/** Where a task is, as the journal has told so far. */
interface Life {
  status: TaskStatus;
  owner: string | null;
  token: number | null;
  /** The last token that was given out. */
  last: number;
  /** Whether the owner was told to be gone since it claimed the task. */
  isOwnerGone: boolean;
  isPassed: boolean;
}

const BORN: Life = {
  status: "pending",
  owner: null,
  token: null,
  last: -1,
  isOwnerGone: false,
  isPassed: false,
};

/** Steps that only the holder of the present claim may take. */
const OF_THE_HOLDER: readonly string[] = [
  "task_started",
  "task_completed",
  "task_blocked",
  "task_failed",
  "task_released",
];

/**
 * What is wrong with the lives of tasks, as the journal tells them: a step that does not follow from the one
 * before it, is not its claim's, or has no trace on the record; a token that does not grow.
 */
export function lifeProblems(
  events: readonly JournalEvent[],
  tasks: readonly Task[],
): string[] {
  const problems: string[] = [];
  const lives = new Map<string, Life>();
  for (const event of events) {
    if (event.type === "tasks_pushed") {
      for (const id of event.task_ids ?? []) {
        if (lives.has(id)) problems.push(`${event.id}: ${id} is pushed again`);
        lives.set(id, { ...BORN });
      }
    } else if (event.type === "member_left") {
      for (const life of lives.values()) if (life.owner === event.by) life.isOwnerGone = true;
    } else if (event.task_id !== null && event.to !== null) {
      const life = lives.get(event.task_id);
      const why = life === undefined ? "was never pushed" : follow(life, event);
      if (why !== null) problems.push(`${event.id}: ${event.type} of ${event.task_id}: ${why}`);
    }
  }
  for (const { id, status, claim } of tasks) {
    const life = lives.get(id);
    const told = `${life?.status} ${life?.token ?? ""}`;
    const kept = `${status} ${claim?.token ?? ""}`;
    if (told !== kept) problems.push(`${id} is ${kept}, the journal says ${told}`);
  }
  return problems;
}

/** Takes a step of a life; why it could not have been, else null. */
function follow(life: Life, { type, from, to, by, token, forced }: JournalEvent): string | null {
  if (to === null) return null;
  const was = { ...life };
  life.isPassed = type === "task_passed" || was.isPassed && type !== "task_reopened";
  life.status = to;
  const isHeld = HELD.includes(to);
  if (type === "task_claimed") {
    life.owner = by;
    life.token = token;
    life.last = token ?? -1;
    life.isOwnerGone = false;
  } else if (!isHeld) life.owner = life.token = null;
  if (from !== was.status) return `it was ${was.status}, not ${from}`;
  if (type === "task_claimed") {
    if (was.status !== "pending") return `it was ${was.status}`;
    return token !== null && token > was.last ? null : `token ${token} comes after ${was.last}`;
  }
  const isOfHolder = OF_THE_HOLDER.includes(type) && HELD.includes(was.status);
  if (isOfHolder && !forced && (by !== was.owner || token !== was.token)) {
    return `by ${by} with ${token}, but ${was.owner} held it with ${was.token}`;
  }
  if (
    type === "task_late_report" && was.token !== null && token === was.token && by === was.owner
  ) {
    return "its claim stood";
  }
  return null;
}
