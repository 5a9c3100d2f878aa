import { expect, test } from "vitest";
import { parseMoment, resolveMoment } from "./values.ts";

const NOW = Date.parse("2026-03-01T12:00:00.000Z");

test.each([
  ["2h", "2026-03-01T14:00:00.000Z"],
  ["0s", "2026-03-01T12:00:00.000Z"],
  ["2026-03-02", "2026-03-02T00:00:00.000Z"],
  ["2026-03-02T09:30", "2026-03-02T09:30:00.000Z"],
  ["2026-03-02T09:30:00Z", "2026-03-02T09:30:00.000Z"],
  ["2026-03-02T09:30:00.5+02:00", "2026-03-02T07:30:00.500Z"],
])("the moment %s is %s", (text, iso) => {
  const moment = parseMoment(text);
  expect(moment && resolveMoment(moment, NOW)).toBe(iso);
});

test.each(["", "soon", "1", "2026", "2026-02-30T99:00Z", "03/02/2026"])(
  "%j is no moment",
  (text) => {
    expect(parseMoment(text)).toBeUndefined();
  },
);
