import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5m", 90_000],
  [" 2h ", 7_200_000],
  ["7d", 604_800_000],
  ["0s", 0],
])("%j is %j ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "30", "s", "-1s", "1e3s", "1 s", "1w", "30s5m", "99999999999999999d"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);

test.each([[90_000, "90s"], [3_600_000, "1h"], [604_800_000, "7d"], [1, "1ms"], [0, "0ms"]])(
  "%j ms is written %j, and read back",
  (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  },
);
