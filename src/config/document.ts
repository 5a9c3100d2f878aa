import { closest } from "../domain/closest.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { INSTANCE_ID } from "../domain/patterns.ts";
import { jsonPath, mapJson, positionAt } from "./json_position.ts";
import { definitionOf, isKey, type Key, KEY_NAMES, type ValueOf } from "./keys.ts";
import { READERS, type Reading } from "./kinds.ts";
import { isRoleGroup, roleSuggestion } from "./role_keys.ts";

/** A JSON object as parsed. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Values by key, each of its key's type. */
export type Values = { readonly [K in Key]?: NonNullable<ValueOf<K>> };

/** One configuration file, understood. */
export interface ConfigDocument {
  readonly path: string;
  readonly values: Values;
  /** Ids of the members that were registered from here, by name. */
  readonly instances: Readonly<Record<string, string>>;
  /** The whole file, so that what is not understood survives writing. */
  readonly json: JsonObject;
  readonly warnings: readonly string[];
}

/** Keys that upstream's files have and that mean nothing here. */
const UPSTREAM_ONLY = [
  "worktree",
  "init_status",
  "port",
  "host",
  "commands.leader-sync",
  "hooks.leader_message_start",
  "hooks.leader_message_end",
  "hooks.worker_message_start",
  "hooks.worker_message_end",
];

/** Where upstream keeps what is `command` here: `commands["claude-cli"]`. */
const UPSTREAM_COMMAND: readonly string[] = ["commands", "claude-cli"];

const GROUPS = new Set(
  KEY_NAMES.flatMap((key) => {
    const parts = key.split(".");
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
  }),
);

function isGroup(name: string): boolean {
  return GROUPS.has(name) || isRoleGroup(name);
}

/** Whether a value is a JSON object, not an array and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads one value of a key, from JSON or from text. */
export function readValue<K extends Key>(key: K, input: unknown): Reading<NonNullable<ValueOf<K>>> {
  return READERS[definitionOf(key).kind](input) as Reading<NonNullable<ValueOf<K>>>;
}

/** The key, or group of keys, that was probably meant, as a clause; "" where none is near. */
export function suggestion(name: string, groups: readonly string[] = []): string {
  if (name.startsWith("roles.")) return roleSuggestion(name);
  const near = closest(name, name.includes(".") ? KEY_NAMES : [...KEY_NAMES, ...groups]) ??
    KEY_NAMES.find((key) => key.split(".").at(-1) === name.split(".").at(-1));
  return near ? `did you mean "${near}"?` : "";
}

class Reader {
  readonly path: string;
  readonly text: string;
  readonly values: Record<string, unknown> = {};
  readonly instances: Record<string, string> = {};
  readonly warnings: string[] = [];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
  }

  broken(keys: readonly string[], problem: string): OrchestratorError {
    const map = mapJson(this.text);
    return brokenFile(this.path, this.text, map.offsets.get(jsonPath(keys)) ?? 0, problem);
  }

  walk(object: JsonObject, parents: readonly string[]): void {
    for (const [name, value] of Object.entries(object)) {
      const keys = [...parents, name];
      const dotted = keys.join(".");
      if (value === null) continue;
      if (isKey(dotted)) this.take(dotted, value, keys);
      else if (dotted === "instances") this.takeInstances(value);
      else if (isGroup(dotted) || dotted === "commands") this.descend(value, keys);
      else if (dotted !== UPSTREAM_COMMAND.join(".")) this.unknown(dotted);
    }
  }

  descend(value: unknown, keys: readonly string[]): void {
    if (!isObject(value)) throw this.broken(keys, `"${keys.join(".")}" must be an object`);
    this.walk(value, keys);
  }

  take(key: Key, value: unknown, keys: readonly string[]): void {
    const reading = readValue(key, value);
    if (!reading.ok) throw this.broken(keys, `"${key}" ${reading.problem}`);
    this.values[key] = reading.value;
  }

  takeUpstreamCommand(json: JsonObject): void {
    const commands = json["commands"];
    if (this.values["command"] !== undefined || !isObject(commands)) return;
    const command = commands["claude-cli"];
    if (command !== undefined && command !== null) this.take("command", command, UPSTREAM_COMMAND);
  }

  takeInstances(value: unknown): void {
    if (!isObject(value)) throw this.broken(["instances"], `"instances" must be an object`);
    for (const [name, id] of Object.entries(value)) {
      if (typeof id !== "string" || !INSTANCE_ID.regex.test(id)) {
        throw this.broken(["instances", name], `"instances.${name}" ${INSTANCE_ID.problem}`);
      }
      this.instances[name] = id;
    }
  }

  unknown(name: string): void {
    const known = UPSTREAM_ONLY.includes(name);
    const advice = known
      ? "it has no use here"
      : suggestion(name, [...GROUPS, "roles", "instances"]);
    const start = `Unknown key "${name}" in ${this.path} is kept and ignored`;
    this.warnings.push(advice === "" ? start : `${start}: ${advice}`);
  }
}

function brokenFile(path: string, text: string, offset: number, problem: string) {
  const { line, column } = positionAt(text, offset);
  return new OrchestratorError("INVALID_CONFIG", `Broken ${path}:${line}:${column}: ${problem}`, {
    hint: `Correct line ${line} of that file; nothing was changed in it`,
    details: { path, line, column, problem },
  });
}

function parse(path: string, text: string): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const found = mapJson(text).error;
    const problem = found?.problem ?? (error instanceof Error ? error.message : String(error));
    throw brokenFile(path, text, found?.offset ?? 0, problem);
  }
  if (!isObject(json)) throw brokenFile(path, text, 0, "the file must hold one JSON object");
  return json;
}

/**
 * Understands the text of a configuration file. Throws INVALID_CONFIG, naming file, line and column,
 * for what is no JSON and for a known key whose value cannot be used; an unknown key is a warning.
 */
export function readDocument(path: string, text: string): ConfigDocument {
  const json = parse(path, text);
  const reader = new Reader(path, text);
  reader.walk(json, []);
  reader.takeUpstreamCommand(json);
  return {
    path,
    values: reader.values as Values,
    instances: reader.instances,
    json,
    warnings: reader.warnings,
  };
}
