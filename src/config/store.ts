import { dirname, join } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Files } from "../platform/files.ts";
import type { Random } from "../platform/random.ts";
import { isObject, type JsonObject, readDocument, readValue, suggestion } from "./document.ts";
import { definitionOf, isKey, type Key, KEY_NAMES } from "./keys.ts";

/** What changing a file needs from the world around it. */
export interface StoreEnvironment {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
}

const PRIVATE = 0o600;
const PUBLIC = 0o644;

/** Keeps what belongs to one machine out of the project's repository. */
const IGNORED = "# Identities and secrets of this machine\nconfig.json\nconfig.json.lock\n";

/** ms between two attempts to take a lock, at most. */
const LOCK_RETRY_MS = 20;
/** ms after which a lock counts as left behind: writing takes a few milliseconds. */
const LOCK_STALE_MS = 10_000;
/** ms after which a writer gives up. */
const LOCK_WAIT_MS = 15_000;

/** Removes a lock that a crashed writer left, unless it changed hands in between. */
function breakStaleLock({ files, clock, random }: StoreEnvironment, lock: string): void {
  const holder = files.read(lock);
  const status = files.status(lock);
  if (holder === null || status === null) return;
  if (clock.now() - status.modifiedAt < LOCK_STALE_MS) return;
  const aside = `${lock}.${random.id()}`;
  if (!files.rename(lock, aside)) return;
  const taken = files.read(aside);
  if (taken !== null && taken !== holder) files.createNew(lock, taken, PRIVATE);
  files.remove(aside);
}

/** Runs `work` while no other process does so for the same path. */
async function exclusively<T>(
  environment: StoreEnvironment,
  path: string,
  work: (stillHeld: () => boolean) => T,
): Promise<T> {
  const { files, clock, random } = environment;
  const lock = `${path}.lock`;
  const me = random.id();
  const deadline = clock.monotonic() + LOCK_WAIT_MS;
  while (!files.createNew(lock, me, PRIVATE)) {
    if (clock.monotonic() >= deadline) {
      throw new OrchestratorError("IO_FAILED", `Cannot change "${path}": it is locked`, {
        hint: `Remove ${lock} if no other claude-orchestrator is running`,
        details: { path, lock },
      });
    }
    breakStaleLock(environment, lock);
    await sleep(clock, 1 + random.next() * LOCK_RETRY_MS);
  }
  try {
    return work(() => files.read(lock) === me);
  } finally {
    if (files.read(lock) === me) files.remove(lock);
  }
}

function holdsSecret(json: JsonObject): boolean {
  return KEY_NAMES.some((key) => {
    if (definitionOf(key).secret !== true) return false;
    const value = key.split(".").reduce<unknown>(
      (at, name) => isObject(at) ? at[name] : undefined,
      json,
    );
    return value !== undefined && value !== null;
  });
}

/** The file beside a configuration file that keeps it out of a repository. */
export function ignorePath(configPath: string): string {
  return join(dirname(configPath), ".gitignore");
}

/**
 * Changes a configuration file, or makes it: all of `change` or nothing is written, and of several
 * writers at once none loses what another wrote. `change` gets the file as it is, all its unknown
 * keys included. A file that is made gets a `.gitignore` beside it. Throws INVALID_CONFIG for a file that is broken (it is left alone),
 * PERMISSION_DENIED, DISK_FULL and IO_FAILED.
 */
export function updateConfig(
  environment: StoreEnvironment,
  path: string,
  change: (json: JsonObject) => JsonObject,
): Promise<void> {
  const { files } = environment;
  return exclusively(environment, path, (stillHeld) => {
    const before = files.read(path);
    const json = change(before === null ? {} : readDocument(path, before).json);
    const text = `${JSON.stringify(json, null, 2)}\n`;
    readDocument(path, text);
    if (text === before) return;
    if (!stillHeld()) {
      throw new OrchestratorError("IO_FAILED", `Cannot change "${path}": the lock was lost`, {
        hint: "Try again",
        details: { path },
      });
    }
    const mode = holdsSecret(json) ? PRIVATE : files.status(path)?.mode ?? PUBLIC;
    files.replace(path, text, mode);
    if (before === null) files.createNew(ignorePath(path), IGNORED, PUBLIC);
  });
}

/** A copy of an object with one value, at a path of keys, set; or removed, when it is undefined. */
export function withValue(json: JsonObject, keys: readonly string[], value: unknown): JsonObject {
  const [name, ...rest] = keys;
  if (name === undefined) return json;
  const copy: Record<string, unknown> = { ...json };
  const child = json[name];
  const next = rest.length === 0 ? value : withValue(isObject(child) ? child : {}, rest, value);
  if (next === undefined || (isObject(next) && Object.keys(next).length === 0)) delete copy[name];
  else copy[name] = next;
  return copy;
}

/** The key of that name. Throws INVALID_INPUT, with what was probably meant. */
export function requireKey(name: string): Key {
  if (isKey(name)) return name;
  const advice = suggestion(name);
  throw new OrchestratorError("INVALID_INPUT", `Unknown configuration key "${name}"`, {
    hint: advice === ""
      ? "Run: claude-orchestrator config"
      : `${advice.charAt(0).toUpperCase()}${advice.slice(1)}`,
    details: { key: name, known: KEY_NAMES },
  });
}

/** What to write for a text: numbers as numbers, everything else as it was typed. */
function asWritten(key: Key, text: string): string | number {
  const kind = definitionOf(key).kind;
  return ["count", "retries", "money", "port"].includes(kind) ? Number(text) : text.trim();
}

/**
 * Sets one key of a file to a value given as text. Throws INVALID_INPUT for an unknown key or a
 * value that it cannot have, and what `updateConfig` throws.
 */
export async function setKey(
  environment: StoreEnvironment,
  path: string,
  name: string,
  text: string,
): Promise<Key> {
  const key = requireKey(name);
  const reading = readValue(key, text);
  if (!reading.ok) {
    throw new OrchestratorError("INVALID_INPUT", `Cannot set "${key}": it ${reading.problem}`, {
      details: { key },
    });
  }
  const written = asWritten(key, text);
  await updateConfig(environment, path, (json) => withValue(json, key.split("."), written));
  return key;
}

/** Removes one key of a file, so that a weaker source decides again. Throws as `setKey` does. */
export async function unsetKey(
  environment: StoreEnvironment,
  path: string,
  name: string,
): Promise<Key> {
  const key = requireKey(name);
  await updateConfig(environment, path, (json) => withValue(json, key.split("."), undefined));
  return key;
}
