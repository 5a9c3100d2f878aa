import { dirname, isAbsolute, join, resolve } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import type { Files } from "../platform/files.ts";
import { type ConfigDocument, readDocument, readValue } from "./document.ts";
import { definitionOf, type Key, type ValueOf, variablesOf } from "./keys.ts";
import {
  isRoleKey,
  ROLE_SETTINGS,
  type RoleKey,
  roleKey,
  roleKeysIn,
  type RoleSetting,
} from "./role_keys.ts";

/** Directory, in a home or a project, that holds the configuration. */
export const CONFIG_DIRECTORY = ".claude-orchestrator";

/** Where a value comes from, the strongest first. */
export type Source = "flag" | "environment" | "project" | "global" | "default";

export interface Origin {
  readonly source: Source;
  /** The flag, the variable or the file; null for a default. */
  readonly from: string | null;
}

/** Values given on the command line, as text or as typed by the command's parser. */
export type FlagValues = { readonly [K in Key]?: string | number | undefined };

export interface LoadRequest {
  /** Absolute: where the command was started. */
  readonly cwd: string;
  /** Absolute: the user's home directory. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: FlagValues;
  readonly files: Files;
}

/** The effective configuration. */
export interface Config {
  /** Effective value; durations in milliseconds, paths absolute. */
  value<K extends Key>(key: K): ValueOf<K>;
  origin(key: Key): Origin;
  /**
   * What counts for the members of a role: the environment, then what is said for the role, then what is
   * said for all.
   */
  ofRole<S extends RoleSetting>(setting: S, role: string): ValueOf<RoleKey<S>>;
  /** Keys of roles that a file or the environment sets, in order. */
  roleKeys(): readonly RoleKey[];
  readonly global: ConfigDocument | null;
  readonly project: ConfigDocument | null;
  /** Directory of the project: the one that holds the project file, else the working directory. */
  readonly projectRoot: string;
  /** Where the two files are, or would be. */
  readonly paths: { readonly global: string; readonly project: string };
  /** Sentences for stderr. */
  readonly warnings: readonly string[];
}

/** Path of the configuration file of a home or of a project. */
export function configPath(directory: string): string {
  return join(directory, CONFIG_DIRECTORY, "config.json");
}

function readFile(files: Files, path: string): ConfigDocument | null {
  const text = files.read(path);
  return text === null ? null : readDocument(path, text);
}

const WORLD_WRITABLE = 0o002;

/** Whether everybody can put files into a directory, as into `/tmp`. */
function isOpen(files: Files, directory: string): boolean {
  const status = files.status(directory);
  return status !== null && (status.mode & WORLD_WRITABLE) !== 0;
}

/** Whether a project's directory belongs neither to root nor to the owner of this user's home. */
function isForeign(files: Files, root: string, home: string): boolean {
  const owner = files.status(join(root, CONFIG_DIRECTORY))?.uid;
  return owner !== 0 && owner !== files.status(home)?.uid;
}

interface Found {
  readonly project: ConfigDocument | null;
  readonly root: string | null;
  readonly warnings: string[];
}

/**
 * The nearest project file from a directory upward; the global file is never taken for one. One in a
 * directory that is open to everybody counts only for who works in that very directory, and only if
 * nobody else has put it there: it chooses the command that is run.
 */
function findProject({ cwd, home, files }: LoadRequest): Found {
  const warnings: string[] = [];
  const start = resolve(cwd);
  for (let directory = start;; directory = dirname(directory)) {
    const path = configPath(directory);
    if (path !== configPath(home) && files.status(path) !== null) {
      const isShared = isOpen(files, directory);
      const isPlanted = isShared && isForeign(files, directory, home);
      if (!isShared || directory === start && !isPlanted) {
        return { project: readFile(files, path), root: directory, warnings };
      }
      if (isPlanted) {
        warnings.push(`Ignored ${path}: another user put it into a directory open to everybody`);
      }
    }
    if (dirname(directory) === directory) return { project: null, root: null, warnings };
  }
}

function checked<K extends Key>(key: K, input: unknown, from: string, isFlag: boolean) {
  const reading = readValue(key, input);
  if (reading.ok) return reading.value;
  throw new OrchestratorError(
    isFlag ? "INVALID_INPUT" : "INVALID_CONFIG",
    `Invalid ${from}: it ${reading.problem}`,
    { details: { key, from } },
  );
}

/**
 * What the environment says of a key, and which variable. A secret may also lie in a file that a variable
 * with `_FILE` at its end names, as containers are given theirs. Throws INVALID_CONFIG where there is
 * no such file.
 */
function givenBy(
  { env, files, cwd, home }: LoadRequest,
  key: Key,
): { readonly text: string; readonly from: string } | null {
  const names = variablesOf(key);
  const variable = names.find((name) => env[name]);
  if (variable !== undefined) return { text: env[variable] ?? "", from: variable };
  if (definitionOf(key).secret !== true) return null;
  const from = names.map((name) => `${name}_FILE`).find((name) => env[name]);
  if (from === undefined) return null;
  const path = absolute(env[from] ?? "", cwd, home);
  const text = files.read(path);
  if (text !== null) return { text, from };
  throw new OrchestratorError("INVALID_CONFIG", `Invalid ${from}: there is no file "${path}"`, {
    details: { key, from, path },
  });
}

/** Expands `~` and makes a path absolute. */
function absolute(path: string, base: string, home: string): string {
  if (path === "~") return home;
  if (path.startsWith("~/")) return join(home, path.slice(2));
  return isAbsolute(path) ? resolve(path) : resolve(base, path);
}

class Effective implements Config {
  readonly global: ConfigDocument | null;
  readonly project: ConfigDocument | null;
  readonly projectRoot: string;
  readonly paths: { readonly global: string; readonly project: string };
  readonly warnings: readonly string[];
  readonly #request: LoadRequest;

  constructor(request: LoadRequest) {
    const { project, root, warnings } = findProject(request);
    this.#request = request;
    this.global = readFile(request.files, configPath(request.home));
    this.project = project;
    this.projectRoot = root ?? resolve(request.cwd);
    this.paths = { global: configPath(request.home), project: configPath(this.projectRoot) };
    this.warnings = [
      ...warnings,
      ...(this.project?.warnings ?? []),
      ...(this.global?.warnings ?? []),
    ];
  }

  value<K extends Key>(key: K): ValueOf<K> {
    const { value, base } = this.#find(key);
    return definitionOf(key).kind === "path" && typeof value === "string"
      ? absolute(value, base, this.#request.home) as ValueOf<K>
      : value;
  }

  origin(key: Key): Origin {
    return this.#find(key).origin;
  }

  ofRole<S extends RoleSetting>(setting: S, role: string): ValueOf<RoleKey<S>> {
    const own = roleKey(role, setting);
    const { general } = ROLE_SETTINGS[setting];
    const isOverruled = isImmediate(this.origin(general)) && !isImmediate(this.origin(own));
    const value = isOverruled ? null : this.value(own);
    return value ?? this.value(general) as ValueOf<RoleKey<S>>;
  }

  roleKeys(): readonly RoleKey[] {
    const written = [this.project, this.global].flatMap((file) => Object.keys(file?.values ?? {}));
    const keys = [...written.filter(isRoleKey), ...roleKeysIn(this.#request.env)];
    return [...new Set(keys)].sort();
  }

  #find<K extends Key>(key: K): { value: ValueOf<K>; origin: Origin; base: string } {
    const { cwd, home, flags } = this.#request;
    const flag = flags[key];
    if (flag !== undefined) {
      const from = definitionOf(key).flag ?? key;
      const value = checked(key, flag, from, true);
      return { value, origin: { source: "flag", from }, base: cwd };
    }
    const given = givenBy(this.#request, key);
    if (given !== null) {
      const value = checked(key, given.text, given.from, false);
      return { value, origin: { source: "environment", from: given.from }, base: cwd };
    }
    for (const source of ["project", "global"] as const) {
      const document = this[source];
      const value = document?.values[key];
      if (document && value !== undefined) {
        const base = source === "project" ? this.projectRoot : home;
        return { value, origin: { source, from: document.path }, base };
      }
    }
    return { value: this.#default(key), origin: { source: "default", from: null }, base: home };
  }

  /** Nobody has named a server: it is the one on this machine, wherever that listens. */
  #default<K extends Key>(key: K): ValueOf<K> {
    const written = key === "zookeeper.url"
      ? `127.0.0.1:${this.value("coordinator.port")}`
      : definitionOf(key).default;
    return (written === null ? null : checked(key, written, key, false)) as ValueOf<K>;
  }
}

/** Whether a value was given with the command itself, which no file overrules. */
function isImmediate({ source }: Origin): boolean {
  return source === "flag" || source === "environment";
}

/**
 * The effective configuration: flag, then environment, then the project's file, then the global
 * one, then the default. A missing file is no error. Throws INVALID_CONFIG for a broken file, and
 * INVALID_INPUT or INVALID_CONFIG when a flag or a variable that is asked for cannot be used.
 */
export function loadConfig(request: LoadRequest): Config {
  return new Effective(request);
}
