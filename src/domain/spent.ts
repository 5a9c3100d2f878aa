import * as z from "zod";
import { lazyObject } from "./lazy_object.ts";

/** What agents have cost: the sum over their runs. */
export const Spent = lazyObject(() => ({
  /** US dollars, as far as the agents said. */
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

/** Tokens in all, as budgets count them. */
export function tokensOf(spent: Spent): number {
  return spent.input_tokens + spent.output_tokens;
}
