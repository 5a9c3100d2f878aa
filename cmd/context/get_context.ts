import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand } from "../cli/command.ts";
import { quote } from "../cli/parse.ts";
import { KEY } from "./options.ts";
import { contextView } from "./view.ts";

/** Prints a value; one that is not there is CONTEXT_NOT_FOUND, status 3. */
export default defineCommand({
  options: { ...KEY, raw: { type: "flag", help: "Print the value alone, as it was stored" } },
  examples: [
    { says: "The value itself", command: "claude-orchestrator get-context --key db --raw" },
    {
      says: "Its version, for --if-version",
      command: "claude-orchestrator get-context --key plan | jq .version",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).ContextOutput },
  run: async (deps, options) => {
    const entry = await (await deps.team()).context.get(options.key);
    if (entry === null) {
      throw new OrchestratorError("CONTEXT_NOT_FOUND", `No shared value ${quote(options.key)}`, {
        hint: "list-context-keys lists what is there",
        details: { key: options.key },
      });
    }
    if (options.raw) return await deps.out.text(entry.value);
    await deps.out.document(contextView(entry));
  },
});
