import { addSpent, type Spent } from "../domain/spent.ts";
import type { AgentRun } from "./agent_request.ts";
import type { OutcomeKind } from "./outcome.ts";
import type { Usage } from "./usage.ts";

/** Ends of a process that was started and never became a run. */
const NO_RUN: readonly OutcomeKind[] = ["no_such_command", "no_such_session", "version_printed"];

/**
 * What runs have cost, as budgets and journals count it. The tokens of the cache, made and read, are
 * among those of the input. A run that says nothing of its cost (any agent but Claude Code; one that was
 * killed) adds none, but counts as a run.
 */
export function spentOn(...runs: readonly AgentRun[]): Spent {
  return addSpent(...runs.map(({ costUsd, usage, outcome, exit }): Spent => {
    const wasStarted = exit.code !== null || exit.signal !== null;
    return {
      cost_usd: Math.round((costUsd ?? 0) * 1e6) / 1e6,
      ...tokensIn(usage),
      runs: wasStarted && !NO_RUN.includes(outcome.kind) ? 1 : 0,
    };
  }));
}

/** What a run that goes on has cost so far: its dollars are told only at its end. */
export function spentSoFar(usage: Usage): Spent {
  return { cost_usd: 0, ...tokensIn(usage), runs: 1 };
}

function tokensIn(usage: Usage | null): Pick<Spent, "input_tokens" | "output_tokens"> {
  if (usage === null) return { input_tokens: 0, output_tokens: 0 };
  const { inputTokens, cacheCreationTokens, cacheReadTokens, outputTokens } = usage;
  return {
    input_tokens: inputTokens + cacheCreationTokens + cacheReadTokens,
    output_tokens: outputTokens,
  };
}
