import { defineCommand } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { KEY } from "./options.ts";

/** Removes a value; one that is not there is success. */
export default defineCommand({
  options: { ...KEY },
  examples: [{
    says: "No longer true",
    command: "claude-orchestrator delete-context --key db",
  }],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).ContextDeletedOutput,
  },
  run: async (deps, options) => {
    const [team, by] = await Promise.all([deps.team(), actor(deps)]);
    await team.context.delete(options.key, by);
    await deps.out.document({ v: 1, key: options.key, status: "deleted" });
  },
});
