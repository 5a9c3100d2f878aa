import { findEntry } from "../cli/find_entry.ts";
import { defineCommand } from "../cli/command.ts";
import { commandHelp, programHelp } from "../cli/help.ts";

/** The help of the program, or of one command. */
export default defineCommand({
  options: {},
  positionals: [{
    name: "command",
    help: "Which command",
    optional: true,
    completes: "command",
  }],
  examples: [{ says: "All of a command", command: "claude-orchestrator help push-task" }],
  output: { kind: "text" },
  run: async (deps, _options, [name]) => {
    if (name === undefined) return await deps.out.text(programHelp(deps.commands));
    const entry = findEntry(deps.commands, name);
    await deps.out.text(commandHelp(entry, (await entry.load()).default));
  },
});
