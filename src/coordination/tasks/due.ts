import { dueSegments, parseEntryName } from "../../domain/place.ts";
import { due } from "../../domain/transitions.ts";
import { changeAll } from "./batch.ts";
import type { Named, TaskStore } from "./store.ts";

/** Tasks that one call moves, so that nobody's claim waits for a long list. */
const MAX_MOVED = 200;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const HOUR = /^\d{2}$/;
const SECOND = /^\d{4}$/;

/** The names below `/tasks/later` that say whether anything is due, read in one round. */
export interface LaterNames {
  readonly days: readonly string[];
  readonly hoursToday: readonly string[];
  readonly secondsThisHour: readonly string[];
}

/** Reads, all at once, what `isAnythingDue` needs. */
export async function readLaterNames(store: TaskStore, now: number): Promise<LaterNames> {
  const [day, hour] = dueSegments(now);
  const [days, hoursToday, secondsThisHour] = await Promise.all([
    store.tree.children(store.path("later")),
    store.tree.children(store.path("later", day)),
    store.tree.children(store.path("later", day, hour)),
  ]);
  return { days, hoursToday, secondsThisHour };
}

/** Whether a directory of a moment that has passed is there. */
export function isAnythingDue(names: LaterNames, now: number): boolean {
  const [day, hour, second] = passed(now);
  return names.days.some((name) => DAY.test(name) && name < day) ||
    names.hoursToday.some((name) => HOUR.test(name) && name < hour) ||
    names.secondsThisHour.some((name) => SECOND.test(name) && name <= second);
}

/** Moves tasks whose `not_before` has passed, by the caller's clock, to where claimers look. */
export async function moveDue(store: TaskStore, now: number): Promise<void> {
  const found: Named[] = [];
  for await (const [moment, ms] of moments(store)) {
    if (ms > now || found.length >= MAX_MOVED) break;
    found.push(...await namesAt(store, moment));
  }
  await changeAll(store, found.slice(0, MAX_MOVED), (task, act) => due(task, act));
}

/**
 * ms since 1970 at which the next task is due; null where none is. The directory of a moment that has
 * passed stays for a while when its tasks have been moved, and says nothing then.
 */
export async function nextDue(store: TaskStore): Promise<number | null> {
  for await (const [moment, ms] of moments(store)) {
    if (ms > store.clock.now() || (await namesAt(store, moment)).length > 0) return ms;
  }
  return null;
}

/** The moments at which something is due, in order, with the directory of each. */
async function* moments(
  store: TaskStore,
): AsyncGenerator<[directory: string, ms: number], void, void> {
  const later = store.path("later");
  for (const day of (await store.tree.children(later)).filter((name) => DAY.test(name))) {
    const hours = await store.tree.children(`${later}/${day}`);
    if (hours.length === 0) discard(store, `${later}/${day}`);
    for (const hour of hours.filter((name) => HOUR.test(name))) {
      const seconds = await store.tree.children(`${later}/${day}/${hour}`);
      if (seconds.length === 0) discard(store, `${later}/${day}/${hour}`);
      for (const second of seconds.filter((name) => SECOND.test(name))) {
        const time = `${day}T${hour}:${second.slice(0, 2)}:${second.slice(2)}Z`;
        const ms = Date.parse(time);
        const directory = `${later}/${day}/${hour}/${second}`;
        if (!Number.isNaN(ms)) yield [directory, ms];
      }
    }
  }
}

async function namesAt(store: TaskStore, moment: string): Promise<Named[]> {
  const buckets = await store.tree.children(moment);
  if (buckets.length === 0) discard(store, moment);
  const names = await Promise.all(
    buckets.map((bucket) => store.tree.children(`${moment}/${bucket}`)),
  );
  return buckets.flatMap((bucket, index) => {
    const inBucket = names[index] ?? [];
    if (inBucket.length === 0) discard(store, `${moment}/${bucket}`);
    return inBucket.flatMap((name) => {
      const parsed = parseEntryName(name);
      return parsed === null ? [] : [{ id: parsed.id, entry: `${moment}/${bucket}/${name}` }];
    });
  });
}

/** Removes an empty directory before the server does, so that nobody looks into it again. */
export function discard(store: TaskStore, directory: string): void {
  // No connection, or no longer the Leader: nothing is left to be done here.
  store.ledger.discard(directory).catch(() => {});
}

function passed(now: number): [day: string, hour: string, second: string] {
  return dueSegments(Math.floor(now / 1000) * 1000);
}
