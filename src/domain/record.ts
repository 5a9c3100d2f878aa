import { OrchestratorError } from "./errors.ts";
import { MAX_HISTORY, MAX_PAYLOAD_BYTES } from "./limits.ts";
import type { Task } from "./task.ts";
import { utf8Bytes } from "./text.ts";

/** Steps of its life that a record keeps even when it is as large as records may be. */
const KEPT_HISTORY = 5;

/** Bytes of a record as stored. */
export function recordBytes(task: Task): number {
  return utf8Bytes(JSON.stringify(task));
}

/**
 * The record with so much of its history as fits: what is left out is in the journal. Throws
 * TOO_LARGE where its texts alone are over the limit of one payload.
 */
export function fitRecord(task: Task, maxBytes: number = MAX_PAYLOAD_BYTES): Task {
  const trimmed = keepHistory(task, MAX_HISTORY);
  if (recordBytes(trimmed) <= maxBytes) return trimmed;
  const small = withoutPast(task);
  const bytes = recordBytes(small);
  if (bytes <= maxBytes) return small;
  throw new OrchestratorError(
    "TOO_LARGE",
    `Task "${task.id}" is too large: ${bytes} bytes as stored, at most ${maxBytes} are allowed`,
    {
      hint: "Put the text into a file and name the file instead",
      details: { task_id: task.id, bytes, limit: maxBytes },
    },
  );
}

/** The record without its late reports, and with the newest steps of its history only. */
export function withoutPast(task: Task): Task {
  return { ...keepHistory(task, KEPT_HISTORY), late_reports: [] };
}

function keepHistory(task: Task, count: number): Task {
  const dropped = task.history.length - count;
  if (dropped <= 0) return task;
  return {
    ...task,
    history: task.history.slice(dropped),
    history_dropped: task.history_dropped + dropped,
  };
}
