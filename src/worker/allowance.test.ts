import { expect, test } from "vitest";
import { NOTHING_SPENT } from "../domain/spent.ts";
import { allowanceOf } from "./allowance.ts";

const spent = { cost_usd: 0.1 + 0.2, input_tokens: 900, output_tokens: 100, runs: 2 };
const task = { spent, budget_usd: null, budget_tokens: null };

test("without a budget of the task, that of the Worker counts for each run", () => {
  expect(allowanceOf(task, {})).toEqual({ kind: "left", budget: {} });
  const own = { budgetUsd: 0.2, budgetTokens: 500 };
  expect(allowanceOf(task, own)).toEqual({ kind: "left", budget: own });
});

test("the smaller of both is left", () => {
  const limited = { ...task, budget_usd: 1, budget_tokens: 1500 };
  expect(allowanceOf(limited, {})).toEqual({
    kind: "left",
    budget: { budgetUsd: 0.7, budgetTokens: 500 },
  });
  expect(allowanceOf(limited, { budgetUsd: 0.5, budgetTokens: 9000 })).toEqual({
    kind: "left",
    budget: { budgetUsd: 0.5, budgetTokens: 500 },
  });
});

test.each([
  [{ budget_usd: 0.3 }, "Budget spent: $0.3 of $0.3"],
  [{ budget_usd: 0.3000005 }, "Budget spent: $0.3 of $0.3000005"],
  [{ budget_tokens: 1000 }, "Budget spent: 1000 of 1000 tokens"],
  [{ budget_tokens: 999 }, "Budget spent: 1000 of 999 tokens"],
  [{ budget_usd: 0, spent: NOTHING_SPENT }, "Budget spent: $0 of $0"],
])("of %j nothing is left", (fields, reason) => {
  expect(allowanceOf({ ...task, ...fields }, {})).toEqual({ kind: "spent", reason });
});
