import { recordBytes, withoutPast } from "./record.ts";
import type { Step } from "./step.ts";
import type { Task } from "./task.ts";
import { truncateUtf8, utf8Bytes } from "./text.ts";

/** What stands at the end of a result that was cut. */
export const CUT_MARK = "\n[cut: too large to go on with]";

/**
 * The steps with records that fit together into one transaction of so many bytes. What gives way is,
 * in this order: old history, evidence and old guidance, the ends of the longest results. So a chain
 * whose links handed in all that they may can still go on, or be given up.
 */
export function fitSteps(steps: readonly Step[], maxBytes: number): readonly Step[] {
  if (bytesOf(steps) <= maxBytes) return steps;
  const young = steps.map(changed(withoutPast));
  if (bytesOf(young) <= maxBytes) return young;
  const lean = young.map(changed((task) => ({
    ...task,
    evidence: {},
    guidance: task.guidance.slice(-1),
  })));
  if (bytesOf(lean) <= maxBytes) return lean;
  const results = lean.map(({ task }) => jsonBytes(task.result ?? ""));
  const room = maxBytes - bytesOf(lean) + results.reduce((sum, bytes) => sum + bytes, 0);
  const share = fairShare(results, Math.max(0, room));
  return lean.map(changed((task) => ({ ...task, result: cut(task.result, share) })));
}

function changed(change: (task: Task) => Task): (step: Step) => Step {
  return ({ task, event }) => ({ task: change(task), event });
}

function bytesOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { task }) => sum + recordBytes(task), 0);
}

/** Bytes that each may have at most, so that all together have no more than `room`. */
function fairShare(sizes: readonly number[], room: number): number {
  let left = room;
  const sorted = [...sizes].sort((a, b) => a - b);
  for (const [index, size] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - index));
    if (size > share) return share;
    left -= size;
  }
  return room;
}

function cut(result: string | null, maxBytes: number): string | null {
  if (result === null || jsonBytes(result) <= maxBytes) return result;
  const room = maxBytes - jsonBytes(CUT_MARK);
  let [fits, tooMany] = [0, utf8Bytes(result)];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (jsonBytes(truncateUtf8(result, middle)) <= room) fits = middle;
    else tooMany = middle;
  }
  return `${truncateUtf8(result, fits)}${CUT_MARK}`;
}

function jsonBytes(text: string): number {
  return utf8Bytes(JSON.stringify(text));
}
