import type { CommandOutcome } from "../../src/platform/processes.ts";
import { nodeProcesses } from "../../src/platform/node/processes.ts";
import { wordsOf } from "./agent_settings.ts";

/** ms that a project's check may take. */
const CHECK_MS = 30 * 60_000;
/** Characters of its output that are told: the end, where failures stand. */
const MAX_OUTPUT = 8_000;

/** The project's check, to be run on a merged tree; no shell sees it. Throws INVALID_INPUT. */
export function mergeCheck(
  command: string,
): (directory: string) => Promise<{ passed: boolean; output: string }> {
  const words = wordsOf(command);
  return async (directory) => {
    const outcome = await nodeProcesses.run(words, { cwd: directory, timeoutMs: CHECK_MS });
    return { passed: outcome.kind === "ended" && outcome.exitCode === 0, output: textOf(outcome) };
  };
}

function textOf(outcome: CommandOutcome): string {
  if (outcome.kind === "missing") return "There is no such command";
  if (outcome.kind === "timed_out") return `It took longer than ${CHECK_MS / 60_000} minutes`;
  const printed = `${outcome.stdout}\n${outcome.stderr}`.trim();
  return `Status ${outcome.exitCode}\n${printed.slice(-MAX_OUTPUT)}`;
}
