import * as z from "zod";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { findEntry } from "../cli/find_entry.ts";
import { type CommandEntry, defineCommand } from "../cli/command.ts";
import { quote } from "../cli/parse.ts";

/** The JSON Schema of what a command prints, made from the schema that the tests hold it to. */
export default defineCommand({
  description:
    "Fields are added within a version (v), never changed or removed, so the schema allows more. " +
    "With --output jsonl a list's items come one a line; with --stream it is the schema of one " +
    "line of --watch or --follow, of submit --wait or of coordinator export.",
  options: { stream: { type: "flag", help: "Of a line that --watch, --follow or export prints" } },
  positionals: [{
    name: "command",
    help: "Which command; none: the error that goes to stderr",
    optional: true,
    completes: "command",
  }],
  examples: [{
    says: "The fields of a task",
    command: "claude-orchestrator schema task-show | jq '.properties | keys'",
  }],
  output: { kind: "document" },
  run: async (deps, options, [name]) => {
    await deps.out.document(jsonSchema(await schemaOf(deps.commands, name, options.stream)));
  },
});

async function schemaOf(
  commands: readonly CommandEntry[],
  name: string | undefined,
  stream: boolean,
): Promise<z.ZodType> {
  if (name === undefined) return (await import("../schemas.ts")).ErrorOutput;
  const entry = findEntry(commands, name);
  const { output } = (await entry.load()).default;
  const load = stream ? output.streamSchema : output.schema;
  if (load !== undefined) return await load();
  const printers = await Promise.all(commands.map(async (each) => {
    const { schema, streamSchema } = (await each.load()).default.output;
    return (stream ? streamSchema : schema) === undefined ? [] : [each.name];
  }));
  const what = stream ? "has no --watch" : "prints text, not JSON";
  throw new OrchestratorError("INVALID_INPUT", `Command ${quote(entry.name)} ${what}`, {
    details: { commands: printers.flat() },
  });
}

function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    io: "output",
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
}
