import * as z from "zod";
import { ContextEntry } from "../domain/context.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { MAX_PAYLOAD_BYTES, MAX_TEXT_BYTES } from "../domain/limits.ts";
import type { NewEvent } from "../domain/event.ts";
import type { Actor } from "../domain/member.ts";
import { requireFits } from "../domain/text.ts";
import type { Stat } from "../zookeeper/zookeeper.ts";
import { commitOnce, type Ground, type Plan, type Settled } from "./commit_once.ts";
import { segmentOf, textOf } from "./names.ts";
import { decodePayload, encodePayload } from "./payload.ts";
import { readings } from "./readings.ts";

/** When a value may be changed. */
export interface SetOptions {
  /** Set only where the value has this version; 0: only where there is none. */
  readonly ifVersion?: number;
}

/** Versions of deleted values are not used again: a new value begins above the largest of them. */
const Floor = z.object({ v: z.literal(1), floor: z.int().nonnegative() });

/** What the journal entry of a change tells. */
const Version = z.object({ version: z.int().positive() });

/** One key as read, with the floor as it was then. */
interface Reading {
  readonly path: string;
  readonly current: { readonly entry: ContextEntry; readonly stat: Stat } | null;
  readonly floor: number;
  /** Of the node that holds the floor; null while there is none. */
  readonly floorVersion: number | null;
}

/**
 * Texts that the team shares, by key. Each key's version grows with every change, also when the key
 * is deleted and set again, so that a compare-and-set never mistakes a later value for the one that
 * was read. Every key is one node below `/context`: meant for thousands of keys, not for millions.
 */
export class ContextStore {
  readonly #ground: Ground;

  /** Made by `openTeam`. */
  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** The value of a key, its version and who set it; null where there is none. */
  async get(key: string): Promise<ContextEntry | null> {
    await this.#ground.tree.sync();
    return (await this.#read(key)).current?.entry ?? null;
  }

  /**
   * Sets a key; the entry says its new version.
   *
   * @throws OrchestratorError VERSION_MISMATCH (details: expected, actual), INVALID_INPUT or TOO_LARGE
   *   for the key, TOO_LARGE for the value, CORRUPT_DATA, CONTENTION; ZooKeeperError
   */
  async set(
    key: string,
    value: string,
    by: Actor,
    options: SetOptions = {},
  ): Promise<ContextEntry> {
    requireFits("Value", value, MAX_TEXT_BYTES);
    const nonce = this.#ground.random.id();
    const updated_at = new Date(this.#ground.clock.now()).toISOString();
    const make = (version: number): ContextEntry => ({
      v: 1,
      key,
      value,
      version,
      updated_by: by.id,
      updated_by_name: by.name,
      updated_at,
      nonce,
    });
    return await commitOnce(
      this.#ground,
      nonce,
      () => this.#decideSet(make, key, by, options),
      (event) => make(Version.parse(event.data).version),
    );
  }

  async #decideSet(
    make: (version: number) => ContextEntry,
    key: string,
    by: Actor,
    { ifVersion }: SetOptions,
  ): Promise<Plan<ContextEntry>> {
    const { path, current, floor, floorVersion } = await this.#read(key);
    const actual = current?.entry.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== actual) {
      throw versionMismatch(key, ifVersion, actual);
    }
    const entry = make((current?.entry.version ?? floor) + 1);
    const data = encodePayload(entry);
    if (data.length > MAX_PAYLOAD_BYTES) {
      throw new OrchestratorError(
        "TOO_LARGE",
        `Value is too large: ${data.length} bytes as stored, at most ${MAX_PAYLOAD_BYTES} are allowed`,
        { details: { bytes: data.length, limit: MAX_PAYLOAD_BYTES } },
      );
    }
    const directory = this.#ground.tree.path("context");
    return {
      ops: [
        // No deletion since: the version of a node that was made anew says nothing of the old one.
        floorVersion === null
          ? { type: "create", path: directory, data: encodePayload({ v: 1, floor: 0 }) }
          : { type: "check", path: directory, version: floorVersion },
        current === null
          ? { type: "create", path, data }
          : { type: "set", path, data, version: current.stat.version },
      ],
      event: eventOf("context_set", by, { key, version: entry.version, nonce: entry.nonce }),
      result: () => entry,
    };
  }

  /**
   * Deletes a key and gives what it held; null where there was none.
   *
   * @throws OrchestratorError VERSION_MISMATCH, INVALID_INPUT, TOO_LARGE, CORRUPT_DATA, CONTENTION;
   *   ZooKeeperError
   */
  async delete(key: string, by: Actor, options: SetOptions = {}): Promise<ContextEntry | null> {
    const nonce = this.#ground.random.id();
    let last: ContextEntry | null = null;
    const decide = async (): Promise<Plan<ContextEntry | null> | Settled<ContextEntry | null>> => {
      const { path, current, floor, floorVersion } = await this.#read(key);
      const actual = current?.entry.version ?? 0;
      if (options.ifVersion !== undefined && options.ifVersion !== actual) {
        throw versionMismatch(key, options.ifVersion, actual);
      }
      if (current === null) return { settled: null };
      const { entry, stat } = current;
      last = entry;
      const raised = encodePayload({ v: 1, floor: Math.max(floor, entry.version) });
      return {
        ops: [
          {
            type: "set",
            path: this.#ground.tree.path("context"),
            data: raised,
            version: floorVersion ?? 0,
          },
          { type: "delete", path, version: stat.version },
        ],
        event: eventOf("context_deleted", by, { key, version: entry.version, nonce }),
        result: () => entry,
      };
    };
    return await commitOnce(this.#ground, nonce, decide, () => last);
  }

  /** Keys that begin with `prefix`, sorted. */
  async keys(options: { prefix?: string } = {}): Promise<string[]> {
    await this.#ground.tree.sync();
    const names = await this.#ground.tree.children(this.#ground.tree.path("context"));
    const keys = names.flatMap((name) => {
      const key = textOf(name);
      if (key !== null) return [key];
      const path = this.#ground.tree.path("context", name);
      this.#ground.onCorrupt({ path, problem: "its name is not a percent-encoded key" });
      return [];
    });
    return keys.filter((key) => key.startsWith(options.prefix ?? "")).sort();
  }

  /**
   * What a key holds after each change (null: nothing any more), until the signal is aborted. A
   * change is one after the call or, with `since`, one from that version (0: from no value), so that
   * nothing is missed after a `get`. Of changes that come fast, the last one is told.
   */
  async *watch(
    key: string,
    signal: AbortSignal,
    options: { since?: number } = {},
  ): AsyncGenerator<ContextEntry | null, void, void> {
    let told = options.since;
    const entries = readings(this.#ground.tree, this.#ground.clock, signal, {
      targets: [{ path: this.#ground.tree.path("context", segmentOf(key)) }],
      read: async () => (await this.#read(key)).current?.entry ?? null,
    });
    for await (const entry of entries) {
      const version = entry?.version ?? 0;
      const isNew = told !== undefined && told !== version;
      told = version;
      if (isNew) yield entry;
    }
  }

  async #read(key: string): Promise<Reading> {
    const path = this.#ground.tree.path("context", segmentOf(key));
    // The floor first: where it is still the same at the commit, so is what was read after it.
    const [directory, found] = await Promise.all([
      this.#ground.tree.data(this.#ground.tree.path("context")),
      this.#ground.tree.read(path, ContextEntry),
    ]);
    if (found.kind === "corrupt") throw corrupt(path, found.problem);
    const current = found.kind === "missing" ? null : { entry: found.value, stat: found.stat };
    if (directory === null) return { path, current, floor: 0, floorVersion: null };
    return {
      path,
      current,
      floor: this.#floor(directory),
      floorVersion: directory.stat.version,
    };
  }

  #floor(directory: { data: Uint8Array; stat: Stat }): number {
    if (directory.data.length === 0) return 0;
    const decoded = decodePayload(directory.data, Floor);
    if (decoded.ok) return decoded.value.floor;
    throw corrupt(this.#ground.tree.path("context"), decoded.problem);
  }
}

function eventOf(
  type: "context_set" | "context_deleted",
  by: Actor,
  data: { key: string; version: number; nonce: string },
): NewEvent {
  return { type, by: by.id, by_name: by.name, data };
}

function versionMismatch(key: string, expected: number, actual: number): OrchestratorError {
  const found = actual === 0 ? "there is none" : `it has version ${actual}`;
  return new OrchestratorError(
    "VERSION_MISMATCH",
    `Cannot change "${key}": version ${expected} was expected, ${found}`,
    { hint: "Read it again, and decide anew", details: { key, expected, actual } },
  );
}

function corrupt(path: string, problem: string): OrchestratorError {
  return new OrchestratorError("CORRUPT_DATA", `Cannot read "${path}": ${problem}`, {
    details: { path },
  });
}
