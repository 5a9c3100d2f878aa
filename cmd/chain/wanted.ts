import { OrchestratorError } from "../../src/domain/errors.ts";
import { MAX_REQUIREMENT_BYTES } from "../../src/domain/limits.ts";
import type { Deps } from "../cli/command.ts";
import { readFile } from "../text_source.ts";

/** The requirement, as words, from a file or from stdin. Throws USAGE, and as `readFile` does. */
export async function wanted(
  deps: Deps,
  file: string | undefined,
  words: readonly string[],
): Promise<string> {
  const hasWords = words.length > 0;
  if (hasWords === (file !== undefined)) {
    const problem = hasWords ? "The requirement is given twice" : "Missing the requirement";
    throw new OrchestratorError("USAGE", `${problem}: give it in words, with --file or as -`);
  }
  const isStdin = words.length === 1 && words[0] === "-";
  if (hasWords && !isStdin) return words.join(" ");
  return await readFile(deps.host, file ?? "-", MAX_REQUIREMENT_BYTES);
}
