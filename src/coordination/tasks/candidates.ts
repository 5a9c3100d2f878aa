import { parseEntryName } from "../../domain/place.ts";
import type { Link } from "../../domain/task.ts";
import { discard } from "./due.ts";
import type { Named, TaskStore } from "./store.ts";

/** A lane, and the priorities that have something in it. */
export interface Lane {
  readonly name: string;
  readonly priorities: readonly string[];
}

interface Bucket {
  readonly name: string;
  readonly directory: string;
}

const PRIORITY = /^[0-3]$/;
const BUCKET = /^\d{8}$/;

/** The priorities of some lanes, in one round. */
export async function readLanes(store: TaskStore, names: readonly string[]): Promise<Lane[]> {
  return await Promise.all(names.map(async (name) => {
    const priorities = await store.tree.children(store.path("ready", name));
    return { name, priorities: priorities.filter((priority) => PRIORITY.test(priority)) };
  }));
}

/**
 * The first claimable tasks of some lanes, in order: at least `wanted` of the lowest priority that has
 * any, where there are so many. Buckets are read from the front, all lanes together, so a queue of any
 * length costs the same. Empty directories on the way are removed, so that nobody looks there again.
 */
export async function readCandidates(
  store: TaskStore,
  lanes: readonly Lane[],
  wanted: number,
  link?: Link,
): Promise<Named[]> {
  const priorities = [...new Set(lanes.flatMap((lane) => lane.priorities))].sort();
  const passed: string[] = [];
  for (const priority of priorities) {
    const directories = lanes.filter((lane) => lane.priorities.includes(priority))
      .map((lane) => store.path("ready", lane.name, priority));
    const buckets = await readBuckets(store, directories, passed);
    const found = await readFront(store, buckets, wanted, link, passed);
    if (found.length === 0) continue;
    for (const directory of passed) discard(store, directory);
    return found.sort((a, b) => a.id < b.id ? -1 : 1);
  }
  return [];
}

async function readBuckets(
  store: TaskStore,
  directories: readonly string[],
  empty: string[],
): Promise<Bucket[]> {
  const lists = await Promise.all(directories.map((path) => store.tree.children(path)));
  const buckets = directories.flatMap((directory, index) => {
    const names = (lists[index] ?? []).filter((name) => BUCKET.test(name));
    if (names.length === 0) empty.push(directory);
    return names.map((name) => ({ name, directory: `${directory}/${name}` }));
  });
  return buckets.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

async function readFront(
  store: TaskStore,
  buckets: readonly Bucket[],
  wanted: number,
  link: Link | undefined,
  empty: string[],
): Promise<Named[]> {
  const found: Named[] = [];
  for (let at = 0, count = 1; at < buckets.length && found.length < wanted; count *= 2) {
    const last = buckets[Math.min(at + count, buckets.length) - 1];
    // Buckets of one number, in different lanes, hold ids that lie between each other.
    const end = buckets.findLastIndex((bucket) => bucket.name === last?.name) + 1;
    const read = buckets.slice(at, end);
    const lists = await Promise.all(read.map(({ directory }) => store.tree.children(directory)));
    for (const [index, { directory }] of read.entries()) {
      const names = lists[index] ?? [];
      if (names.length === 0) empty.push(directory);
      found.push(...candidatesOf(directory, names, link));
    }
    at = end;
  }
  return found;
}

function candidatesOf(
  directory: string,
  names: readonly string[],
  link: Link | undefined,
): Named[] {
  return names.flatMap((name) => {
    const parsed = parseEntryName(name);
    if (parsed === null || link !== undefined && parsed.link !== link) return [];
    return [{ id: parsed.id, entry: `${directory}/${name}` }];
  });
}
