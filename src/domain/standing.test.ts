import { expect, test } from "vitest";
import { isEnded, isFailedForGood, isHandedIn, isMet } from "./standing.ts";
import { Judgement, TaskStatus } from "./task.ts";

const cases = TaskStatus.options.flatMap((status) =>
  Judgement.options.map((judgement) => ({
    status,
    judgement,
    task: { status, judgement, retry_count: 3, max_retries: 3 },
  }))
);

/** `status judgement` of those that a question is answered with yes for. */
function yes(ask: (task: (typeof cases)[number]["task"]) => boolean): string[] {
  return cases.filter(({ task }) => ask(task))
    .map(({ status, judgement }) => `${status} ${judgement}`);
}

test("handed in is what is to be judged and nobody has in hand", () => {
  expect(yes(isHandedIn)).toEqual([
    "completed awaited",
    "blocked awaited",
    "failed awaited",
    "cancelled awaited",
  ]);
});

test("nobody is told of a task that is to be judged, whatever became of it", () => {
  expect(yes(isEnded)).toEqual([
    "completed none",
    "completed passed",
    "completed refused",
    "failed none",
    "failed passed",
    "failed refused",
    "cancelled none",
    "cancelled passed",
    "cancelled refused",
  ]);
});

test("those who wait may begin after what is completed and was not to be judged, or passed", () => {
  expect(yes(isMet)).toEqual(["completed none", "completed passed", "completed refused"]);
});

test("failed for good is what was retried often enough, and what a chain refused", () => {
  const failed = { status: "failed" as const, max_retries: 3 };
  expect(isFailedForGood({ ...failed, judgement: "none", retry_count: 2 })).toBe(false);
  expect(isFailedForGood({ ...failed, judgement: "none", retry_count: 3 })).toBe(true);
  expect(isFailedForGood({ ...failed, judgement: "refused", retry_count: 0 })).toBe(true);
});
