import { defineCommand } from "../cli/command.ts";

/** Lists keys, sorted. */
export default defineCommand({
  options: {
    prefix: {
      type: "text",
      placeholder: "text",
      completes: "context-key",
      help: "Only keys that begin with this",
    },
  },
  examples: [{
    says: "What belongs to the API",
    command: "claude-orchestrator list-context-keys --prefix api/ | jq -r '.keys[]'",
  }],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).ContextKeysOutput,
  },
  run: async (deps, options) => {
    const filter = options.prefix === undefined ? {} : { prefix: options.prefix };
    const keys = await (await deps.team()).context.keys(filter);
    await deps.out.document({ v: 1, keys, count: keys.length });
  },
});
