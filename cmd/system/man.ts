import { join, resolve } from "node:path";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { findEntry } from "../cli/find_entry.ts";
import { versionInfo } from "../version.ts";

const PAGE_MODE = 0o644;

/** Man pages, made from the definitions of the commands at hand. */
export default defineCommand({
  description:
    "Without --dir it prints one page, of the program or of a command. With --dir it writes all of them, and prints " +
    "their paths; a directory called man1 below one of MANPATH is where man finds them. The same build always " +
    "makes the same pages: their date is that of its commit.",
  options: {
    dir: {
      type: "text",
      placeholder: "dir",
      completes: "directory",
      help: "Write every page into this directory, which is made where it is missing",
    },
  },
  positionals: [{
    name: "command",
    help: "Which command; none: the program",
    optional: true,
    completes: "command",
  }],
  examples: [
    { says: "Read one", command: "claude-orchestrator man push-task | man -l -" },
    {
      says: "For this user",
      command: "claude-orchestrator man --dir ~/.local/share/man/man1",
    },
  ],
  output: { kind: "text" },
  run: async (deps, options, [name]) => {
    if (options.dir === undefined) return await printPage(deps, name);
    if (name !== undefined) {
      throw new OrchestratorError("USAGE", "Option --dir writes the pages of all commands", {
        hint: `Leave "${name}" out, or --dir`,
      });
    }
    await writePages(deps, resolve(deps.host.cwd, options.dir));
  },
});

async function printPage(deps: Deps, name: string | undefined): Promise<void> {
  const { manPage } = await import("../manual/pages.ts");
  const entry = name === undefined ? undefined : findEntry(deps.commands, name);
  await deps.out.text(await manPage(deps.commands, entry, versionInfo()));
}

async function writePages(deps: Deps, directory: string): Promise<void> {
  const { manPages } = await import("../manual/pages.ts");
  const files = await deps.files();
  for (const { file, text } of await manPages(deps.commands, versionInfo())) {
    const path = join(directory, file);
    files.replace(path, text, PAGE_MODE);
    await deps.out.text(`${path}\n`);
  }
}
