import { expect, test } from "vitest";
import { Ages } from "./ages.ts";
import { compact, dollars, spentTexts } from "./amounts.ts";

const NOW = 1_000_000_000_000;
const S = 1_000;
const M = 60 * S;
const H = 60 * M;

test.each([
  [0, "0s"],
  [48 * S + 999, "48s"],
  [3 * M + 12 * S, "3m12s"],
  [2 * H + 5 * M + 59 * S, "2h05m"],
  [76 * H, "3d04h"],
  [-5 * S, "0s"],
])("%i ms are %s", (age, text) => expect(new Ages(NOW).exact(NOW - age)).toBe(text));

test.each([
  [0, "now"],
  [59 * S, "now"],
  [12 * M + 59 * S, "12m"],
  [2 * H + 59 * M, "2h"],
  [76 * H, "3d"],
])("%i ms are roughly %s", (age, text) => expect(new Ages(NOW).rough(NOW - age)).toBe(text));

test("ages say for how long they stay as they are", () => {
  const validOf = (ask: (ages: Ages) => string) => {
    const ages = new Ages(NOW);
    ask(ages);
    return ages.validMs;
  };
  expect(new Ages(NOW).validMs).toBe(Infinity);
  expect(validOf((ages) => ages.exact(NOW - 90 * S))).toBe(S);
  expect(validOf((ages) => ages.exact(NOW - 2 * H - 20 * S))).toBe(40 * S);
  expect(validOf((ages) => ages.rough(NOW - 12 * M - 45 * S))).toBe(15 * S);
  expect(validOf((ages) => ages.rough(NOW - 300))).toBe(M);
  expect(validOf((ages) => ages.rough(NOW - 300) + ages.exact(NOW - 5 * S))).toBe(S);
});

test("a countdown never goes below nothing", () => {
  expect(new Ages(NOW).until(NOW + 4 * M + 13 * S)).toBe("4m13s");
  expect(new Ages(NOW).until(NOW - M)).toBe("0s");
});

test("amounts are short", () => {
  expect([0, 950, 41_234, 412_000, 999_999, 1_300_000].map(compact)).toEqual([
    "0",
    "950",
    "41.2k",
    "412k",
    "1M",
    "1.3M",
  ]);
  expect([0, 0.0042, 1.239, 1_204.4].map(dollars)).toEqual(["$0.00", "$0.0042", "$1.24", "$1204"]);
});

test("what was spent is told in fewer words where there is less room", () => {
  const spent = { cost_usd: 1.24, input_tokens: 400_000, output_tokens: 12_000, runs: 1 };
  const unbounded = { budgetUsd: null, budgetTokens: null };
  expect(spentTexts(spent, unbounded, "·")).toEqual([
    "$1.24 · 412k tokens · 1 run",
    "$1.24 · 412k tokens",
    "$1.24",
  ]);
  expect(spentTexts(null, unbounded, "·")).toEqual([""]);
});

test("what was spent is told beside what may be spent, from the first moment on", () => {
  const spent = { cost_usd: 0, input_tokens: 0, output_tokens: 0, runs: 0 };
  expect(spentTexts(spent, { budgetUsd: 5, budgetTokens: 2_000_000 }, "·")).toEqual([
    "$0.00 of $5.00 · 0 of 2M tokens · 0 runs",
    "$0.00 of $5.00 · 0 of 2M tokens",
    "$0.00 of $5.00",
  ]);
});
