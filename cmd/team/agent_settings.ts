import { basename, delimiter, dirname } from "node:path";
import process from "node:process";
import { KEY_NAMES, variablesOf } from "../../src/config/keys.ts";
import type { Config } from "../../src/config/load.ts";
import { splitCommand } from "../../src/domain/command_line.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";

/** What every agent gets on top of its environment: where the team is, and this very executable. */
export function agentEnv(config: Config): Record<string, string> {
  return { ...connectionEnv(config), ...pathEnv() };
}

/** By which the commands that an agent runs reach the same team with the same credentials. */
function connectionEnv(config: Config): Record<string, string> {
  const keys = KEY_NAMES.filter((key) => key.startsWith("zookeeper."));
  return Object.fromEntries(keys.flatMap((key) => {
    const value = config.value(key);
    const variable = variablesOf(key)[0];
    return value === null || variable === undefined ? [] : [[variable, String(value)]];
  }));
}

/** Lets an agent call this very executable by its name, wherever it was started from. */
function pathEnv(): Record<string, string> {
  const isNamed = ["claude-orchestrator", "cco"].includes(basename(process.execPath));
  const before = isNamed ? [dirname(process.execPath)] : [];
  return { PATH: [...before, process.env["PATH"] ?? ""].join(delimiter) };
}

/** The words of a `--command`. Throws INVALID_INPUT. */
export function wordsOf(command: string): readonly string[] {
  const split = splitCommand(command);
  if (split.ok && split.words.length > 0) return split.words;
  const problem = split.ok ? "it is empty" : split.problem;
  throw new OrchestratorError("INVALID_INPUT", `Invalid --command: ${problem}`);
}
