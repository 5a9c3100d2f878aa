import type * as z from "zod";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Nothing: the data of a node that says everything by being there. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** A stored payload: JSON in UTF-8. Lone surrogates stay what they are, as `\\ud800` escapes. */
export function encodePayload(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** Reads a payload by its schema; a payload that does not fit is a value, never an exception. */
export function decodePayload<S extends z.ZodType>(
  bytes: Uint8Array,
  schema: S,
): Decoded<z.output<S>> {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problem = parsed.error.issues
    .map((issue) => `${issue.path.join(".") || "payload"}: ${issue.message}`)
    .join("; ");
  return { ok: false, problem };
}
