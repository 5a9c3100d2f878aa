import { defineCommand } from "../cli/command.ts";
import { KNOWN_ROLES } from "../../src/domain/words.ts";

/** Writes what a project needs; what is there stays, unless --force. */
export default defineCommand({
  description:
    "Writes .claude-orchestrator/config.json, the agent templates under .claude-orchestrator/agents/ " +
    "and the skills under .claude/skills/. A file that was changed stays as it is unless --force. " +
    "What agents should know is written to CLAUDE.md, and for each role below " +
    ".claude-orchestrator/roles/: into a file that is missing, or between the lines of a marked block, " +
    "never over a text of yours. The output lists what was written, kept and skipped.",
  options: {
    leader: { type: "flag", help: "Set up the directory of the Leader" },
    name: { type: "text", placeholder: "name", help: "Name of the member in this directory" },
    role: { type: "text", placeholder: "role", known: KNOWN_ROLES, help: "Role of the member" },
    "cache-dir": {
      type: "text",
      placeholder: "dir",
      completes: "directory",
      help: "Directory of the agents' logs and results",
    },
    command: { type: "text", placeholder: "command", help: "Agent that a Worker runs" },
    global: { type: "flag", help: "Only the configuration of this user, for all projects" },
    force: { type: "flag", help: "Replace templates and skills that were changed" },
  },
  examples: [
    {
      says: "A project with a builder",
      command: "claude-orchestrator setup --name Jerry --role builder",
    },
    { says: "The Leader's project", command: "claude-orchestrator setup --leader" },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).SetupOutput },
  run: async (deps, options) => {
    const { runSetup } = await import("../../src/setup/setup.ts");
    const [files, clock, random] = await Promise.all([deps.files(), deps.clock(), deps.random()]);
    const result = await runSetup({
      cwd: deps.host.cwd,
      home: deps.host.home,
      global: options.global,
      leader: options.leader,
      force: options.force,
      name: options.name,
      role: options.role,
      cacheDir: options["cache-dir"],
      command: options.command,
    }, { files, clock, random });
    for (const message of result.warnings) deps.out.warn({ code: "SETUP", message });
    await deps.out.document(result);
  },
});
