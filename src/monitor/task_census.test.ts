import { expect, test } from "vitest";
import { happened } from "../../tests/support/boards.ts";
import { idOf } from "../domain/ids.ts";
import type { TaskStatus } from "../domain/task.ts";
import { TaskCensus } from "./task_census.ts";

const id = (serial: number) => idOf("task", serial);
const step = (serial: number, from: TaskStatus | null, to: TaskStatus) =>
  happened(0, "task_claimed", { task_id: id(serial), from, to });

test("counts are those of the index, moved on by events", () => {
  const census = new TaskCensus({ pending: [id(1), id(2)], completed: [id(3)] });
  expect(census.apply(step(1, "pending", "claimed"))).toBe(true);
  expect(census.apply(happened(0, "tasks_pushed", { task_ids: [id(4), id(5)], to: "pending" })))
    .toBe(
      true,
    );
  expect(census.counts).toMatchObject({ pending: 3, claimed: 1, completed: 1 });
});

test("events that the index contains already, some or all, change nothing in the end", () => {
  // Read after the second of three steps.
  const census = new TaskCensus({ in_progress: [id(1)] });
  census.apply(step(1, "pending", "claimed"));
  census.apply(step(1, "claimed", "in_progress"));
  census.apply(step(1, "in_progress", "completed"));
  census.apply(step(1, "in_progress", "completed"));
  expect(census.counts).toMatchObject({ pending: 0, claimed: 0, in_progress: 0, completed: 1 });
});

test("a task that the reading has met twice, or missed, is counted once", () => {
  const census = new TaskCensus({ pending: [id(1)], claimed: [id(1)] });
  expect(census.counts).toMatchObject({ pending: 0, claimed: 1 });
  census.apply(step(2, "pending", "claimed"));
  expect(census.counts).toMatchObject({ claimed: 2 });
});

test("an event that says nothing of a state changes no count", () => {
  const census = new TaskCensus({ completed: [id(1)] });
  expect(census.apply(step(1, "completed", "completed"))).toBe(false);
  expect(census.apply(happened(0, "member_joined"))).toBe(false);
});

test("a later count that differs is told, but not that finished tasks were removed", () => {
  const census = new TaskCensus({ pending: [id(1), id(2)], completed: [id(3)] });
  expect(census.differences(new TaskCensus({ pending: [id(1), id(2)] }))).toEqual([]);
  expect(census.differences(new TaskCensus({ pending: [id(1)], completed: [id(3)] }))).toEqual([
    "pending",
  ]);
  expect(
    census.differences(
      new TaskCensus({ pending: [id(1), id(2)], failed: [id(9)], completed: [id(3)] }),
    ),
  ).toEqual(["failed"]);
});
