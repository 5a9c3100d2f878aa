import type { JournalEvent } from "../../src/domain/event.ts";

/** Where a task is, as the journal has told so far. */
interface Life {
  readonly at: string;
  readonly token: number | null;
  readonly by: string;
}

/** What may come before each event of a task's life. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  task_claimed: ["tasks_pushed", "task_recovered"],
  task_started: ["task_claimed"],
  task_completed: ["task_claimed", "task_started"],
  task_recovered: ["task_claimed", "task_started"],
};

/** Events that name the claim of the one before them. */
const OF_THE_CLAIM = ["task_started", "task_completed"];

/**
 * What is wrong in a journal of tasks that are pushed, claimed and completed: ids that do not grow, a task
 * that is pushed or completed twice, a step that does not follow, or is not its claim's.
 */
export function brokenLives(events: readonly JournalEvent[]): string[] {
  const broken: string[] = [];
  const lives = new Map<string, Life>();
  let last = "";
  for (const event of events) {
    const { id, type, task_id, token, by } = event;
    if (id <= last) broken.push(`${id} comes after ${last}`);
    last = id;
    if (type === "tasks_pushed") {
      for (const task of event.task_ids ?? []) {
        if (lives.has(task)) broken.push(`${id}: ${task} is pushed again`);
        lives.set(task, { at: type, token: null, by: "" });
      }
    }
    const before = BEFORE[type];
    if (before === undefined || task_id === null) continue;
    const life = lives.get(task_id);
    if (!before.includes(life?.at ?? "")) {
      broken.push(`${id}: ${type} of ${task_id} after ${life?.at ?? "nothing"}`);
    }
    if (OF_THE_CLAIM.includes(type) && (token !== life?.token || by !== life?.by)) {
      broken.push(`${id}: ${type} of ${task_id} by ${by}, ${token}: claimed by ${life?.by}`);
    }
    lives.set(task_id, { at: type, token: token ?? life?.token ?? null, by });
  }
  for (const [task, { at }] of lives) {
    if (at !== "task_completed") broken.push(`${task} ends with ${at}`);
  }
  return broken;
}
