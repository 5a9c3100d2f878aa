import { expect, test } from "vitest";
import { wantsColours } from "./colours.ts";

test.each<[Record<string, string>, boolean, boolean, boolean]>([
  [{}, false, true, true],
  [{}, false, false, false],
  [{ TERM: "dumb" }, false, true, false],
  [{ NO_COLOR: "1" }, false, true, false],
  [{ NO_COLOR: "" }, false, true, true],
  [{ FORCE_COLOR: "1" }, false, false, true],
  [{ FORCE_COLOR: "0" }, false, true, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true, false],
  [{ FORCE_COLOR: "1" }, true, true, false],
])("%j, --no-color %s, terminal %s: %s", (env, noColor, isTerminal, expected) => {
  expect(wantsColours(env, { noColor, isTerminal })).toBe(expected);
});
