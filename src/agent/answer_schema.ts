import * as z from "zod";

/**
 * The JSON Schema of an answer, as `--json-schema` takes it (`RunOptions.jsonSchema`): what the schema
 * accepts, so a field with a default may be left out. Draft 7 is what Claude Code checks an answer by;
 * measured on 2.1.330, it refuses to start with a `$schema` that names 2020-12, and needs none.
 */
export function answerSchema(schema: z.ZodType): object {
  const { $schema: _dialect, ...body } = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  return body;
}
