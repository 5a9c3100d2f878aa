import type * as z from "zod";
import type { AgentRun } from "./agent_request.ts";
import { lastJsonObject } from "./json_in_text.ts";
import { terminalLine } from "./terminal_text.ts";

/** An answer that follows its schema, or what is wrong with it: at least one sentence, at most ten. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly complaints: string[] };

/** Complaints that are made at once, and characters of one: they go into the next prompt. */
const MAX_COMPLAINTS = 10;
const MAX_COMPLAINT = 300;

/**
 * Reads an answer by its schema: what Claude Code gave as structured output, else the last JSON object
 * in the text, which is how any other agent answers, and Claude Code where it ignored the schema.
 * Complaints are for the one who is asked again; they name the path, and hold no control characters.
 */
export function readAnswer<S extends z.ZodType>(
  run: Pick<AgentRun, "structuredOutput" | "text">,
  schema: S,
): Answer<z.output<S>> {
  const found = given(run);
  if (!found.ok) return { ok: false, complaints: [found.complaint] };
  const parsed = schema.safeParse(found.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, complaints: complaintsOf(parsed.error.issues, found.value) };
}

type Given = { readonly ok: true; readonly value: unknown } | {
  readonly ok: false;
  readonly complaint: string;
};

function given({ structuredOutput, text }: Pick<AgentRun, "structuredOutput" | "text">): Given {
  if (structuredOutput !== undefined && structuredOutput !== null) {
    return { ok: true, value: structuredOutput };
  }
  if (text.trim() === "") return { ok: false, complaint: "The answer is empty" };
  const found = lastJsonObject(text);
  switch (found.kind) {
    case "object":
      return { ok: true, value: found.value };
    case "none":
      return { ok: false, complaint: "The answer holds no JSON object" };
    case "broken":
      return {
        ok: false,
        complaint: `The JSON in the answer breaks off in line ${found.line}, column ` +
          `${found.column}: expected ${found.expected}`,
      };
  }
}

function complaintsOf(issues: readonly z.core.$ZodIssue[], value: unknown): string[] {
  const told = issues.slice(0, MAX_COMPLAINTS).map((issue) => complaint(issue, value));
  const rest = issues.length - MAX_COMPLAINTS;
  if (rest > 0) told.splice(-1, 1, `${rest + 1} more things do not fit`);
  return told;
}

/** `chains.0.links.build.criteria must not be empty`. */
function complaint(issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.map(String).join(".");
  const subject = path === "" ? "The answer" : path;
  return terminalLine(`${subject} ${predicate(issue, at(value, issue.path))}`, MAX_COMPLAINT);
}

function predicate(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.path.length > 0) return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${withArticle(issue.expected)}, not ${nameOf(value)}`;
    case "invalid_value":
      return `must be ${oneOf(issue.values)}`;
    case "invalid_union": {
      const values = issue.errors.flat().flatMap((each) =>
        each.code === "invalid_value" ? each.values : []
      );
      return values.length > 0
        ? `must be ${oneOf(values)}`
        : "has none of the forms that it may have";
    }
    case "too_big":
      return own(issue) ??
        `${amount(issue.origin)} at most ${issue.maximum}${unitOf(issue.origin)}`;
    case "too_small": {
      const limit = `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
      return own(issue) ?? `${amount(issue.origin)} ${limit}${unitOf(issue.origin)}`;
    }
    case "unrecognized_keys":
      return `has fields that are not known: ${issue.keys.join(", ")}`;
    default:
      return own(issue) ?? `does not fit: ${issue.message}`;
  }
}

/** A message that the schema gives itself; those of the library begin with a capital. */
function own({ message }: z.core.$ZodIssue): string | null {
  return /^[a-z]/.test(message) ? message : null;
}

function oneOf(values: readonly unknown[]): string {
  const named = values.map((value) => JSON.stringify(value) ?? String(value));
  return named.length === 1 ? named.join() : `one of ${named.join(", ")}`;
}

function withArticle(type: string): string {
  if (type === "int") return "a whole number";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function nameOf(value: unknown): string {
  if (value === null || typeof value === "number") return String(value);
  return withArticle(Array.isArray(value) ? "array" : typeof value);
}

function amount(origin: string): string {
  return unitOf(origin) === "" ? "must be" : "must have";
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " items" : "";
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value,
  );
}
