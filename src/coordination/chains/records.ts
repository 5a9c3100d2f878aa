import type * as z from "zod";
import { Chain, isClosed } from "../../domain/chain.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import { ChainId, RequirementId } from "../../domain/ids.ts";
import { isSettled, Requirement } from "../../domain/requirement.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { EMPTY, encodePayload } from "../payload.ts";
import type { Read, Tree } from "../tree.ts";

// Where chains and requirements lie: a record each, which never moves, and one index entry that says
// whether it is over, derived from the record as the entries of a task are from its own.

/** A record that was read, and the version that a step on it must name. */
export interface FoundRecord<T> {
  readonly value: T;
  readonly version: number;
}

/** What differs between the two kinds of records. */
export interface Shelf<T> {
  readonly directory: "chains" | "requirements";
  readonly schema: z.ZodType<T>;
  readonly what: string;
  readonly code: "CHAIN_NOT_FOUND" | "REQUIREMENT_NOT_FOUND";
  /** When it was over, ISO 8601; null while it is not. */
  readonly closedAt: (value: T) => string | null;
}

export const CHAINS: Shelf<Chain> = {
  directory: "chains",
  schema: Chain,
  what: "Chain",
  code: "CHAIN_NOT_FOUND",
  closedAt: (chain) => isClosed(chain) ? chain.closed_at ?? chain.updated_at : null,
};

export const REQUIREMENTS: Shelf<Requirement> = {
  directory: "requirements",
  schema: Requirement,
  what: "Requirement",
  code: "REQUIREMENT_NOT_FOUND",
  closedAt: (requirement) =>
    isSettled(requirement) ? requirement.closed_at ?? requirement.updated_at : null,
};

interface Identified {
  readonly id: ChainId | RequirementId;
}

export function recordPath<T>(tree: Tree, shelf: Shelf<T>, id: string): string {
  return tree.path(shelf.directory, "records", id);
}

/** Directory of what is not over yet; bounded by what a team can have at work. */
export function openDirectory<T>(tree: Tree, shelf: Shelf<T>): string {
  return tree.path(shelf.directory, "open");
}

/**
 * Ids in their order, from the index: of all, or of those only that are not over. What ends while it is
 * read is there all the same: it is in the one directory, or in the other that is read later.
 */
export async function readIds<T>(
  tree: Tree,
  shelf: Shelf<T>,
  isOpenOnly: boolean,
): Promise<string[]> {
  const open = await tree.children(openDirectory(tree, shelf));
  if (isOpenOnly) return open;
  const closed = tree.path(shelf.directory, "closed");
  const days = await tree.children(closed);
  const names = await Promise.all(days.map((day) => tree.children(`${closed}/${day}`)));
  return [...new Set([...open, ...names.flat()])].sort();
}

/** Reads one record; a missing or broken one is a value. */
export function readRecord<T>(tree: Tree, shelf: Shelf<T>, id: string): Promise<Read<T>> {
  return tree.read(recordPath(tree, shelf, id), shelf.schema);
}

/** The record as of now. Throws CHAIN_NOT_FOUND, REQUIREMENT_NOT_FOUND, CORRUPT_DATA. */
export async function requireRecord<T>(
  tree: Tree,
  shelf: Shelf<T>,
  id: string,
): Promise<FoundRecord<T>> {
  const [, read] = await Promise.all([tree.sync(), readRecord(tree, shelf, id)]);
  if (read.kind === "found") return { value: read.value, version: read.stat.version };
  if (read.kind === "missing") {
    throw new OrchestratorError(shelf.code, `${shelf.what} "${id}" does not exist`, {
      details: { id },
    });
  }
  throw new OrchestratorError(
    "CORRUPT_DATA",
    `Cannot read ${shelf.what.toLowerCase()} "${id}": ${read.problem}`,
    { hint: `Look at ${read.path}`, details: { id, path: read.path } },
  );
}

/** Operations that make a new record and its index entry. */
export function createRecord<T extends Identified>(tree: Tree, shelf: Shelf<T>, value: T): Op[] {
  return [
    { type: "create", path: recordPath(tree, shelf, value.id), data: encodePayload(value) },
    { type: "create", path: entryPath(tree, shelf, value), data: EMPTY },
  ];
}

/** Operations that change a record at its version, and its index entry where it has ended. */
export function changeRecord<T extends Identified>(
  tree: Tree,
  shelf: Shelf<T>,
  before: FoundRecord<T>,
  after: T,
): Op[] {
  const path = recordPath(tree, shelf, after.id);
  const [old, now] = [entryPath(tree, shelf, before.value), entryPath(tree, shelf, after)];
  const moved: Op[] = old === now
    ? []
    : [{ type: "delete", path: old }, { type: "create", path: now, data: EMPTY }];
  return [
    { type: "set", path, data: encodePayload(after), version: before.version },
    ...moved,
  ];
}

/** Where the one index entry of a record lies. */
export function entryPath<T extends Identified>(tree: Tree, shelf: Shelf<T>, value: T): string {
  const closedAt = shelf.closedAt(value);
  if (closedAt === null) return `${openDirectory(tree, shelf)}/${value.id}`;
  const day = new Date(closedAt).toISOString().slice(0, 10);
  return tree.path(shelf.directory, "closed", day, value.id);
}
