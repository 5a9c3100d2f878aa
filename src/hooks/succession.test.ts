import { expect, test } from "vitest";
import { JournalEvent, type NewEvent } from "../domain/event.ts";
import { InstanceId } from "../domain/ids.ts";
import { isEndOfTerm, takenUpAfter } from "./succession.ts";

const SELF = InstanceId.parse("new");

function journal(...events: (NewEvent | NewEvent["type"])[]): JournalEvent[] {
  return events.map((event, index) =>
    JournalEvent.parse({
      ...(typeof event === "string" ? { type: event } : event),
      v: 1,
      id: idOf(index),
      time: "2026-01-01T00:00:00.000Z",
    })
  );
}

function idOf(index: number): string {
  return `0000000000-${String(index).padStart(10, "0")}`;
}

const elected = (by: string): NewEvent => ({ type: "leader_elected", by });
const left = (by: string): NewEvent => ({ type: "leader_left", by });
const ran = (point: string, index: number): NewEvent => ({
  type: "hook_ran",
  data: { point, event_id: idOf(index) },
});

test("the first Leader of all begins with its own term", () => {
  expect(takenUpAfter(journal("fleet_paused", elected("new"), "chain_opened"), SELF)).toBe(idOf(1));
});

test("after one that left in order, it begins with what came after that", () => {
  const events = [
    elected("old"),
    "chain_opened",
    left("old"),
    "fleet_paused",
    elected("new"),
  ] as const;
  expect(takenUpAfter(journal(...events), SELF)).toBe(idOf(2));
});

test("after one that was killed, it begins with what nothing was told of", () => {
  const events = [
    elected("old"),
    "chain_opened",
    ran("chain_opened", 1),
    "chain_completed",
    ran("task_completed", 3),
    elected("new"),
  ] as const;
  expect(takenUpAfter(journal(...events), SELF)).toBe(idOf(1));
});

test("after one that was killed before it ran any, it begins with that one's term", () => {
  const events = [ran("chain_opened", 0), elected("old"), "chain_opened", elected("new")] as const;
  expect(takenUpAfter(journal(...events), SELF)).toBe(idOf(1));
});

test("a term is over when its Leader leaves, or when another one is elected", () => {
  const ends = journal(elected("new"), left("new"), elected("other"), left("other"), "chain_opened")
    .map((event) => isEndOfTerm(event, SELF));
  expect(ends).toEqual([false, true, true, false, false]);
});
