import { serialOf, type TaskId } from "../domain/ids.ts";
import type { JournalEvent } from "../domain/event.ts";
import type { TaskStatus } from "../domain/task.ts";
import { TASK_STATES } from "../domain/words.ts";
import { perState } from "./board.ts";

/** States that tasks are removed from, by retention. */
const REMOVABLE: readonly TaskStatus[] = ["completed", "cancelled"];

/**
 * In which state each task is, by its serial number. An event sets the state of its task, whatever it
 * was before, so that events which a reading of the index contains already, in whole or in part, change
 * nothing in the end: after the last of them the counts are exact.
 */
export class TaskCensus {
  readonly #states = new Map<number, TaskStatus>();
  readonly #counts = perState(() => 0);

  /** Made of what the index lists. */
  constructor(ids: Readonly<Partial<Record<TaskStatus, readonly TaskId[]>>> = {}) {
    for (const status of TASK_STATES) {
      for (const id of ids[status] ?? []) this.#set(serialOf(id), status);
    }
  }

  get counts(): Record<TaskStatus, number> {
    return { ...this.#counts };
  }

  /** null where the task is not known. */
  stateOf(id: TaskId): TaskStatus | null {
    return this.#states.get(serialOf(id)) ?? null;
  }

  /** Follows an event of the journal; true where a count changed. */
  apply({ type, task_id, task_ids, to }: JournalEvent): boolean {
    if (to === null) return false;
    const ids = type === "tasks_pushed" ? task_ids ?? [] : task_id === null ? [] : [task_id];
    return ids.map((id) => this.#set(serialOf(id), to)).includes(true);
  }

  /**
   * States of the tasks of which this census and one made later say different things, those aside that
   * were removed since.
   */
  differences(later: TaskCensus): TaskStatus[] {
    const gone = [...this.#states].filter(([serial, status]) =>
      later.#states.get(serial) !== status &&
      (later.#states.has(serial) || !REMOVABLE.includes(status))
    );
    const come = [...later.#states].filter(([serial]) => !this.#states.has(serial));
    return [...new Set([...gone, ...come].map(([, status]) => status))];
  }

  #set(serial: number, status: TaskStatus): boolean {
    const before = this.#states.get(serial);
    if (before === status) return false;
    this.#states.set(serial, status);
    if (before !== undefined) this.#counts[before]--;
    this.#counts[status]++;
    return true;
  }
}
