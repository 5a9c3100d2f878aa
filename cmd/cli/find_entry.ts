import { OrchestratorError } from "../../src/domain/errors.ts";
import type { CommandEntry } from "./command.ts";
import { didYouMean, quote } from "./parse.ts";
import { suggest } from "./suggest.ts";

/** The row of a command by its name or an alias. Throws USAGE with what may have been meant. */
export function findEntry(commands: readonly CommandEntry[], name: string): CommandEntry {
  const entry = commands.find((each) => each.name === name || each.aliases?.includes(name));
  if (entry) return entry;
  const known = commands.filter((each) => !each.hidden)
    .flatMap((each) => [each.name, ...(each.aliases ?? [])]);
  const suggestions = suggest(name, known);
  throw new OrchestratorError("USAGE", `Unknown command ${quote(name)}`, {
    hint: didYouMean(suggestions) ?? '"claude-orchestrator help" lists the commands',
    details: { suggestions },
  });
}
