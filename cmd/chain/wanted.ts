import { OrchestratorError } from "../../src/domain/errors.ts";
import { MAX_REQUIREMENT_BYTES } from "../../src/domain/limits.ts";
import { requireFits } from "../../src/domain/text.ts";
import type { Deps } from "../cli/command.ts";
import { readFile } from "../text_source.ts";

/**
 * The requirement, as words, from a file or from stdin. Throws USAGE; INVALID_INPUT where it is empty, TOO_LARGE;
 * and as `readFile` does.
 */
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
  const text = hasWords && !isStdin
    ? words.join(" ")
    : await readFile(deps.host, file ?? "-", MAX_REQUIREMENT_BYTES);
  if (text.trim() === "") {
    throw new OrchestratorError("INVALID_INPUT", "A requirement must not be empty");
  }
  requireFits("Requirement", text, MAX_REQUIREMENT_BYTES);
  return text;
}
