import { expect, test } from "vitest";
import { isCapacity, resetTime } from "./reset_time.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");

test.each([
  ["You've hit your session limit · resets 3:50pm (UTC)", "2026-11-23T15:50:00Z"],
  ["You've hit your 5-hour limit · resets 5:36am (UTC)", "2026-11-24T05:36:00Z"],
  ["limit · resets 3pm (America/New_York)", "2026-11-23T20:00:00Z"],
  ["limit · resets 3:50am (Asia/Kolkata)", "2026-11-23T22:20:00Z"],
  ["limit · resets 12am (UTC)", "2026-11-24T00:00:00Z"],
  ["limit · resets at 12:30 PM (UTC)", "2026-11-23T12:30:00Z"],
  ["weekly limit · resets Nov 25, 9am (Europe/Berlin)", "2026-11-25T08:00:00Z"],
  ["weekly limit · resets Nov 25 at 9am (UTC)", "2026-11-25T09:00:00Z"],
  ["weekly limit · resets Jan 2, 9am (UTC)", "2027-01-02T09:00:00Z"],
  ["limit · resets Nov 23, 11am (UTC)", "2026-11-23T11:00:00Z"],
  ["limit · resets 1pm", "2026-11-23T13:00:00Z"],
  ["Claude AI usage limit reached|1795500000", new Date(1795500000000).toISOString()],
])("%s", (text, expected) => {
  expect(resetTime(text, NOW)).toBe(Date.parse(expected));
});

test.each(["API Error: Request rejected (429)", "resets soon", "resets 3pm (Middle/Earth)", ""])(
  "%j names no time",
  (text) => expect(resetTime(text, NOW)).toBeNull(),
);

test("a time across a change of the clocks is that of the wall clock", () => {
  // New York goes back from UTC-4 to UTC-5 on 2026-11-01 at 2am.
  const saturday = Date.parse("2026-10-31T23:00:00Z");
  expect(resetTime("resets 9am (America/New_York)", saturday))
    .toBe(Date.parse("2026-11-01T14:00:00Z"));
});

test("capacity is told from a limit", () => {
  expect(isCapacity("Server is busy (not your usage limit)")).toBe(true);
  expect(isCapacity("You've hit your usage limit")).toBe(false);
});
