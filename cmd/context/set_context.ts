import { MAX_TEXT_BYTES } from "../../src/domain/limits.ts";
import { defineCommand } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { readText } from "../text_source.ts";
import { KEY } from "./options.ts";
import { contextView } from "./view.ts";

/** Stores a value; with --if-version only over the version that the caller has seen. */
export default defineCommand({
  description:
    "--if-version makes it a compare-and-set: refused (status 4) unless the value is still at " +
    "that version; 0 means that there must be none yet.",
  options: {
    ...KEY,
    value: { type: "text", placeholder: "text", help: "The value" },
    file: {
      type: "text",
      placeholder: "path|-",
      completes: "file",
      help: "Read the value from a file, or with - from stdin",
    },
    "if-version": {
      type: "integer",
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      placeholder: "n",
      help: "Only over this version",
    },
  },
  positionals: [{ name: "-", help: "Read the value from stdin", optional: true, choices: ["-"] }],
  examples: [
    { says: "A decision", command: "claude-orchestrator set-context --key db --value postgres" },
    {
      says: "Only if nobody changed it since",
      command: "claude-orchestrator set-context --key plan --file plan.md --if-version 3",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).ContextOutput },
  run: async (deps, options, positionals) => {
    const value = await readText(deps.host, {
      option: "value",
      text: options.value,
      file: options.file,
      positionals,
      maxBytes: MAX_TEXT_BYTES,
    });
    const [team, by] = await Promise.all([deps.team(), actor(deps)]);
    const ifVersion = options["if-version"];
    const entry = await team.context.set(
      options.key,
      value,
      by,
      ifVersion === undefined ? {} : { ifVersion },
    );
    await deps.out.document(contextView(entry));
  },
});
