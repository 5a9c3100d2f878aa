import { join } from "node:path";
import * as z from "zod";
import { addSpent, type Spent } from "../domain/spent.ts";
import type { Files } from "../platform/files.ts";
import type { AgentRun } from "./agent_request.ts";
import { spentOn, spentSoFar } from "./run_cost.ts";
import type { Usage } from "./usage.ts";

/** What a token of each kind costs, in those of the input: the same for every model of one provider. */
const WEIGHTS: Readonly<Record<keyof Usage, number>> = {
  inputTokens: 1,
  cacheCreationTokens: 1.25,
  cacheReadTokens: 0.1,
  outputTokens: 5,
};

/** USD for a token of the input, by model. */
const Prices = z.object({ v: z.literal(1), usd: z.record(z.string(), z.number().positive()) });

/** A price that differs by less is not written again. */
const TOLERANCE = 0.02;

/**
 * What the tokens of each model have cost in the last run that said so. By this the dollars of a run are
 * estimated that has not said it yet, or never will: Claude Code tells them only at its end. There is no
 * list of prices in the program, so the first run of a model on a machine is estimated at nothing.
 */
export class PriceBook {
  readonly #path: string;
  readonly #files: Files;
  #usd: Map<string, number> | null = null;

  constructor(cacheDir: string, files: Files) {
    this.#path = join(cacheDir, "prices.json");
    this.#files = files;
  }

  /** What runs that have ended have cost; of those that did not say it the dollars are an estimate. */
  spentOn(...runs: readonly AgentRun[]): Spent {
    return addSpent(...runs.map((run) => {
      const spent = spentOn(run);
      return run.costUsd === null && spent.runs > 0 && run.usage !== null
        ? { ...spent, cost_usd: this.#estimate(run.usage, run.model) }
        : spent;
    }));
  }

  /** What a run that goes on has cost, in estimated dollars. */
  spentSoFar(usage: Usage, model: string | null): Spent {
    return { ...spentSoFar(usage), cost_usd: this.#estimate(usage, model) };
  }

  /**
   * Takes the price from a run that has said what it cost, and was not stopped: then an answer is missing
   * in what it says. What cannot be written is known to this process.
   */
  learn(run: Pick<AgentRun, "costUsd" | "usage" | "model" | "killedBy">): void {
    const { costUsd, usage, model } = run;
    if (
      run.killedBy !== null || costUsd === null || costUsd <= 0 || usage === null || model === null
    ) return;
    const weight = weightOf(usage);
    if (weight === 0) return;
    const price = costUsd / weight;
    const before = this.#prices().get(model) ?? 0;
    if (Math.abs(price - before) <= before * TOLERANCE) return;
    this.#prices().set(model, price);
    const text = JSON.stringify({ v: 1, usd: Object.fromEntries(this.#prices()) });
    try {
      this.#files.replace(this.#path, text, 0o600);
    } catch {
      // The next run says it again.
    }
  }

  #estimate(usage: Usage, model: string | null): number {
    const price = model === null ? undefined : this.#prices().get(model);
    return Math.round((price ?? 0) * weightOf(usage) * 1e6) / 1e6;
  }

  #prices(): Map<string, number> {
    return this.#usd ??= this.#read();
  }

  #read(): Map<string, number> {
    try {
      const parsed = Prices.safeParse(JSON.parse(this.#files.read(this.#path) ?? "null"));
      return new Map(parsed.success ? Object.entries(parsed.data.usd) : []);
    } catch {
      return new Map();
    }
  }
}

function weightOf(usage: Usage): number {
  return usage.inputTokens * WEIGHTS.inputTokens +
    usage.cacheCreationTokens * WEIGHTS.cacheCreationTokens +
    usage.cacheReadTokens * WEIGHTS.cacheReadTokens + usage.outputTokens * WEIGHTS.outputTokens;
}
