import { type Spent, tokensOf } from "../domain/spent.ts";

/** `$1.24`, `$0.0042`, `$1204`. */
export function dollars(usd: number): string {
  if (usd >= 1_000) return `$${Math.round(usd)}`;
  if (usd > 0 && usd < 0.01) return `$${usd.toFixed(4)}`;
  return `$${usd.toFixed(2)}`;
}

/** `950`, `41.2k`, `1.3M`. */
export function compact(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 999_950) return `${short(count / 1_000)}k`;
  return `${short(count / 1_000_000)}M`;
}

function short(value: number): string {
  return value < 100 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
}

/** What may be spent; null: as much as one likes. */
export interface Budgets {
  readonly budgetUsd: number | null;
  readonly budgetTokens: number | null;
}

/** What was spent, and of how much, in words that get fewer: the first that fits is shown. */
export function spentTexts(spent: Spent | null, budgets: Budgets, dot: string): string[] {
  const { budgetUsd, budgetTokens } = budgets;
  if (spent === null) return [""];
  const isBounded = budgetUsd !== null || budgetTokens !== null;
  if (spent.runs === 0 && tokensOf(spent) === 0 && !isBounded) return ["nothing spent", ""];
  const usd = dollars(spent.cost_usd) + (budgetUsd === null ? "" : ` of ${dollars(budgetUsd)}`);
  const tokens = compact(tokensOf(spent)) +
    (budgetTokens === null ? "" : ` of ${compact(budgetTokens)}`);
  const runs = spent.runs === 1 ? "1 run" : `${compact(spent.runs)} runs`;
  return [`${usd} ${dot} ${tokens} tokens ${dot} ${runs}`, `${usd} ${dot} ${tokens} tokens`, usd];
}
