import * as z from "zod";
import { lazyObject } from "./lazy_object.ts";

/** What agents have cost: the sum over their runs. */
export const Spent = lazyObject(() => ({
  /** US dollars, as far as the agents said; an estimate of those that did not come to say it. */
  cost_usd: z.number().nonnegative().default(0),
  /** Read and written tokens of the input, those of the cache among them. */
  input_tokens: z.int().nonnegative().default(0),
  output_tokens: z.int().nonnegative().default(0),
  /** Runs that were made. */
  runs: z.int().nonnegative().default(0),
}));
/** An amount with every field set; `NOTHING_SPENT` where nothing was. */
export type Spent = z.infer<typeof Spent>;

export const NOTHING_SPENT: Spent = { cost_usd: 0, input_tokens: 0, output_tokens: 0, runs: 0 };

/** The sum; an amount that is missing adds nothing. */
export function addSpent(...amounts: readonly (Spent | undefined)[]): Spent {
  return amounts.reduce<Spent>((sum, amount) =>
    amount === undefined ? sum : {
      cost_usd: sum.cost_usd + amount.cost_usd,
      input_tokens: sum.input_tokens + amount.input_tokens,
      output_tokens: sum.output_tokens + amount.output_tokens,
      runs: sum.runs + amount.runs,
    }, NOTHING_SPENT);
}

/** What is left of an amount when another is taken from it; of each part nothing at least. */
export function lessSpent(amount: Spent, other: Spent): Spent {
  return {
    cost_usd: Math.round(Math.max(0, amount.cost_usd - other.cost_usd) * 1e6) / 1e6,
    input_tokens: Math.max(0, amount.input_tokens - other.input_tokens),
    output_tokens: Math.max(0, amount.output_tokens - other.output_tokens),
    runs: Math.max(0, amount.runs - other.runs),
  };
}

/** Whether it is no amount at all. */
export function isNothing({ cost_usd, runs, ...tokens }: Spent): boolean {
  return cost_usd === 0 && runs === 0 && tokens.input_tokens + tokens.output_tokens === 0;
}

/** Whether two amounts are equal. */
export function isSame(one: Spent, other: Spent): boolean {
  return isNothing(lessSpent(one, other)) && isNothing(lessSpent(other, one));
}

/** Tokens in all, as budgets count them. */
export function tokensOf(spent: Spent): number {
  return spent.input_tokens + spent.output_tokens;
}
