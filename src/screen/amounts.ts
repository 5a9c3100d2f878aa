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

/** What was spent, in words that get fewer: the first that fits is shown. */
export function spentTexts(spent: Spent | null, dot: string): string[] {
  if (spent === null) return [""];
  if (spent.runs === 0 && tokensOf(spent) === 0) return ["nothing spent", ""];
  const usd = dollars(spent.cost_usd);
  const tokens = compact(tokensOf(spent));
  const runs = spent.runs === 1 ? "1 run" : `${compact(spent.runs)} runs`;
  return [`${usd} ${dot} ${tokens} tokens ${dot} ${runs}`, `${usd} ${dot} ${tokens} tokens`, usd];
}
