import { parseArgs } from "node:util";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Positional } from "./command.ts";
import type { OptionSpec, OptionSpecs, OptionValue } from "./options.ts";
import { suggest } from "./suggest.ts";
import { parseMoment, parseWait } from "./values.ts";

// The tokens are those of node:util's parseArgs in its lenient mode, where the argument after an
// option that takes a value is its value whatever it looks like: agents pass texts that begin with
// a dash (`--content "- item"`, `--result --help`). Everything strict is decided here.

type Token = {
  readonly kind: string;
  readonly index: number;
  readonly name?: string;
  readonly rawName?: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
};

function tokenize(args: readonly string[], specs: OptionSpecs): Token[] {
  const options: Record<string, { type: "boolean" | "string"; short?: string; multiple: true }> =
    {};
  for (const [name, spec] of Object.entries(specs)) {
    const type = spec.type === "flag" ? "boolean" : "string";
    options[name] = { type, multiple: true, ...(spec.short ? { short: spec.short } : {}) };
  }
  return parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

/** The command's name and everything else on the line, in order; no name where none is given. */
export function findCommand(
  argv: readonly string[],
  globals: OptionSpecs,
): { readonly name: string | undefined; readonly args: readonly string[] } {
  for (const token of tokenize(argv, globals)) {
    if (token.kind === "option" && !Object.hasOwn(globals, token.name ?? "")) {
      throw unknownOption(token, globals);
    }
    if (token.kind === "positional") {
      const name = argv[token.index];
      return { name, args: [...argv.slice(0, token.index), ...argv.slice(token.index + 1)] };
    }
  }
  return { name: undefined, args: argv };
}

export interface Parsed {
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly positionals: readonly string[];
}

/**
 * Reads options and positionals; options missing from the line are `false`, `[]`, `{}` or
 * undefined. Throws USAGE for what is unknown, malformed, given twice or one too many.
 */
export function parseOptions(args: readonly string[], specs: OptionSpecs): Parsed {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokenize(args, specs)) {
    if (token.kind === "positional") positionals.push(token.value ?? "");
    if (token.kind !== "option") continue;
    const name = token.name ?? "";
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (!spec) throw unknownOption(token, specs);
    if (spec.type === "flag" && token.value !== undefined) {
      throw usage(`Option "--${name}" takes no value`);
    }
    if (spec.type !== "flag" && token.value === undefined) {
      throw usage(`Option "--${name}" needs a value: --${name} <${spec.placeholder}>`);
    }
    given.set(name, [...given.get(name) ?? [], token.value ?? ""]);
  }
  const values = Object.entries(specs).map(([name, spec]) =>
    [name, valueOf(name, spec, given.get(name) ?? [])] as const
  );
  return { values: Object.fromEntries(values), positionals };
}

/** Throws USAGE naming every required option that is missing. */
export function requireOptions(specs: OptionSpecs, values: Parsed["values"]): void {
  const missing = Object.entries(specs)
    .filter(([name, spec]) =>
      spec.required && (values[name] === undefined || isEmpty(values[name]))
    )
    .map(([name]) => `--${name}`);
  if (missing.length > 0) {
    throw usage(`Missing ${missing.length > 1 ? "options" : "option"} ${missing.join(", ")}`, {
      missing,
    });
  }
}

function isEmpty(value: OptionValue): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Throws USAGE where there are more or fewer positionals than declared, or one is not a choice. */
export function checkPositionals(given: readonly string[], declared: readonly Positional[]): void {
  const required = declared.filter((positional) => !positional.optional);
  const missing = required[given.length];
  if (missing) throw usage(`Missing argument <${missing.name}>`);
  const extra = given[declared.length];
  if (extra !== undefined && !declared.at(-1)?.rest) {
    throw usage(`Unexpected argument ${quote(extra)}`, {}, "Put a text with spaces in quotes");
  }
  for (const [index, value] of given.entries()) {
    const choices = declared[index]?.choices;
    if (choices && !choices.includes(value)) {
      throw notAChoice(`Argument <${declared[index]?.name}>`, value, choices);
    }
  }
}

function valueOf(name: string, spec: OptionSpec, given: readonly string[]): OptionValue {
  if (spec.type === "flag") return given.length > 0;
  if (spec.type === "list") {
    const items = given.flatMap((value) => value.split(",")).map((item) => item.trim());
    const kept = items.filter((item) => item !== "");
    for (const item of kept) checkChoice(name, spec, item);
    return kept;
  }
  if (spec.type === "pairs") return pairsOf(name, given);
  const [value, second] = given;
  if (second !== undefined) throw usage(`Option "--${name}" is given twice`);
  if (value === undefined) return undefined;
  return scalarOf(name, spec, value);
}

function scalarOf(
  name: string,
  spec: Exclude<OptionSpec, { type: "flag" | "list" | "pairs" }>,
  value: string,
): OptionValue {
  switch (spec.type) {
    case "text":
      checkChoice(name, spec, value);
      return value;
    case "integer": {
      const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
      if (number >= spec.min && number <= spec.max) return number;
      const range = spec.max === Number.MAX_SAFE_INTEGER
        ? `${spec.min} or more`
        : `${spec.min} to ${spec.max}`;
      throw usage(`Option "--${name}" must be a whole number, ${range}, not ${quote(value)}`);
    }
    case "number": {
      const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
      if (number >= spec.min) return number;
      throw usage(`Option "--${name}" must be a number, ${spec.min} or more, not ${quote(value)}`);
    }
    case "duration": {
      const ms = parseWait(value);
      if (ms !== undefined) return ms;
      throw usage(
        `Option "--${name}" must be a duration such as 500ms, 30s or 5m, not ${quote(value)}`,
      );
    }
    case "moment": {
      const moment = parseMoment(value);
      if (moment !== undefined) return moment;
      throw usage(
        `Option "--${name}" must be a time such as 2026-01-31T09:00:00Z, or a duration from now ` +
          `such as 2h, not ${quote(value)}`,
      );
    }
  }
}

function pairsOf(name: string, given: readonly string[]): Record<string, string> {
  const pairs = given.map((value) => {
    const at = value.indexOf("=");
    if (at < 1) throw usage(`Option "--${name}" must be key=value, not ${quote(value)}`);
    return [value.slice(0, at), value.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

function checkChoice(name: string, spec: OptionSpec, value: string): void {
  const choices = "choices" in spec ? spec.choices : undefined;
  if (choices && !choices.includes(value)) throw notAChoice(`Option "--${name}"`, value, choices);
}

function notAChoice(what: string, value: string, choices: readonly string[]): OrchestratorError {
  const suggestions = suggest(value, choices);
  return usage(`${what} must be one of ${choices.join(", ")}, not ${quote(value)}`, {
    choices,
    ...(suggestions.length > 0 ? { suggestions } : {}),
  });
}

function unknownOption(token: Token, specs: OptionSpecs): OrchestratorError {
  const raw = token.rawName ?? `--${token.name}`;
  const known = Object.keys(specs).map((name) => `--${name}`);
  const suggestions = raw.startsWith("--") ? suggest(raw, known) : [];
  return usage(`Unknown option ${quote(raw)}`, { suggestions }, didYouMean(suggestions));
}

/** `Did you mean "a" or "b"?`, or undefined without suggestions. */
export function didYouMean(suggestions: readonly string[]): string | undefined {
  if (suggestions.length === 0) return undefined;
  return `Did you mean ${suggestions.map(quote).join(" or ")}?`;
}

function usage(message: string, details = {}, hint?: string): OrchestratorError {
  return new OrchestratorError("USAGE", message, { details, ...(hint ? { hint } : {}) });
}

/** The value in quotes, cut short where it is long. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}
