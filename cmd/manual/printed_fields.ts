import * as z from "zod";

/** Names of the fields of what a schema describes: of an object, of a list's items, of any choice. */
export function printedFields(schema: z.ZodType): string[] {
  return [...new Set(fieldsOf(schema))];
}

function fieldsOf(schema: unknown): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodArray) return fieldsOf(schema.element);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(fieldsOf);
  return [];
}
