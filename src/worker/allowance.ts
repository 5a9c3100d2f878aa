import { tokensOf } from "../domain/spent.ts";
import type { Task } from "../domain/task.ts";

/** What one run may cost; undefined: no limit. */
export interface Budget {
  /** US dollars. */
  readonly budgetUsd?: number | undefined;
  /** Input, cache included, and output together. */
  readonly budgetTokens?: number | undefined;
}

/** What is left for the next run of a task, or why there is nothing. */
export type Allowance =
  | { readonly kind: "left"; readonly budget: Budget }
  | { readonly kind: "spent"; readonly reason: string };

/** US dollars below which nothing is left: Claude Code reads no smaller amounts. */
const LEAST_USD = 1e-6;

/**
 * The smaller of what a run of this Worker may cost, and what all runs so far have left of the task's
 * own budget.
 */
export function allowanceOf(
  task: Pick<Task, "spent" | "budget_usd" | "budget_tokens">,
  { budgetUsd, budgetTokens }: Budget,
): Allowance {
  const { spent, budget_usd, budget_tokens } = task;
  const usedTokens = tokensOf(spent);
  if (budget_usd !== null && budget_usd - spent.cost_usd < LEAST_USD) {
    return { kind: "spent", reason: `Budget spent: $${rounded(spent.cost_usd)} of $${budget_usd}` };
  }
  if (budget_tokens !== null && usedTokens >= budget_tokens) {
    return { kind: "spent", reason: `Budget spent: ${usedTokens} of ${budget_tokens} tokens` };
  }
  return {
    kind: "left",
    budget: {
      budgetUsd: smaller(budgetUsd, budget_usd === null ? null : budget_usd - spent.cost_usd),
      budgetTokens: smaller(
        budgetTokens,
        budget_tokens === null ? null : budget_tokens - usedTokens,
      ),
    },
  };
}

function smaller(own: number | undefined, left: number | null): number | undefined {
  if (left === null) return own;
  return own === undefined ? rounded(left) : Math.min(own, rounded(left));
}

/** Sums of costs end in digits that nobody meant. */
function rounded(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
