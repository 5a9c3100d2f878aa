import * as z from "zod";
import { JournalEvent, NewEvent } from "../domain/event.ts";
import { lazyObject } from "../domain/lazy_object.ts";
import { Timestamp } from "../domain/task.ts";
import type { TaskId } from "../domain/ids.ts";
import type { Clock } from "../platform/clock.ts";
import { journalBucketName, JournalCursor } from "./ledger.ts";
import { readAgain } from "./losses.ts";
import { decodePayload } from "./payload.ts";
import { readPatiently } from "./readings.ts";
import type { Tree } from "./tree.ts";
import { changes } from "./watch_view.ts";

const StoredEvent = lazyObject(() => ({
  ...NewEvent.shape,
  v: z.literal(1),
  /** Where the tree was brought from another server: when it happened. Else the node's time tells. */
  time: Timestamp.optional(),
}));
const ENTRY_NAME = /^e-\d{10}$/;
const BUCKET_NAME = /^\d{10}$/;
const EVENT_ID = /^\d{10}-\d{10}$/;

/** Entries read at once, so that one reply never holds up the others of the session for long. */
const BATCH = 250;

/** A journal entry that does not parse. */
export interface CorruptEntry {
  /** Full path of its node. */
  readonly path: string;
  /** What is wrong with it, for people. */
  readonly problem: string;
}

/** Which events are meant; all of them where nothing is said. */
export interface JournalQuery {
  /** Id of an event (those after it), or a time (those from it on). */
  readonly since?: string;
  /** Events that concern this task, `tasks_pushed` with it among them. */
  readonly taskId?: TaskId;
  /** At most so many: the newest ones, or with `since` the oldest after it. */
  readonly limit?: number;
}

/** How one reading is made: once, or again until the connection lets it. */
type Reader = <T>(read: () => Promise<T>) => Promise<T>;

const once: Reader = (read) => read();

interface Position {
  readonly bucket: number;
  /** Name of the last entry seen; "" before the first. */
  readonly entry: string;
}

/**
 * What happened, in the order of its commits. An entry is written in the transaction that it tells of,
 * into the bucket that `/journal/current` names; every commit checks that name, so a bucket that is no
 * longer current never grows, and the ids `{bucket}-{number in it}` order all entries.
 */
export class Journal {
  readonly #tree: Tree;
  readonly #clock: Clock;
  readonly #onCorrupt: (entry: CorruptEntry) => void;

  /** Made by `openTeam`; `onCorrupt` is told of each entry that is left out. */
  constructor(tree: Tree, clock: Clock, onCorrupt: (entry: CorruptEntry) => void = () => {}) {
    this.#tree = tree;
    this.#clock = clock;
    this.#onCorrupt = onCorrupt;
  }

  /** Events in order; the newest `limit`, or from `since` on. Throws `ZooKeeperError`. */
  async read(query: JournalQuery = {}): Promise<JournalEvent[]> {
    const { since, limit = Infinity } = query;
    if (limit <= 0) return [];
    return await readAgain({ clock: this.#clock }, async () => {
      await this.#tree.sync();
      return since === undefined
        ? await this.#newest(query, limit)
        : await this.#from(since, query, limit);
    });
  }

  /** Id of the newest event, "" where there is none: `follow` after it sees what comes next. */
  head(): Promise<string> {
    return readAgain({ clock: this.#clock }, () => this.#head());
  }

  async #head(): Promise<string> {
    await this.#tree.sync();
    for (const bucket of (await this.#buckets()).reverse()) {
      const last = (await this.#names(bucket)).at(-1);
      if (last !== undefined) return eventId(bucket, last);
    }
    return "";
  }

  /**
   * Every event after `since` (an event's id; by default those from now on), each once, in order,
   * until the signal is aborted. What happens while the connection is away is read afterwards.
   */
  async *follow(signal: AbortSignal, since?: string): AsyncGenerator<JournalEvent, void, void> {
    const patiently: Reader = (read) => readPatiently(this.#clock, signal, read);
    const targets = [{ path: this.#tree.path("journal"), recursive: true, levels: 2 }];
    try {
      let position = parsePosition(since ?? await patiently(() => this.#head()));
      for await (const _ of changes(this.#tree.zk, targets, this.#clock, signal)) {
        for await (const [event, next] of this.#after(position, patiently)) {
          position = next;
          if (event !== null) yield event;
          if (signal.aborted) return;
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Events behind a position, each with the position after it; null for a corrupt one. */
  async *#after(
    start: Position,
    through: Reader,
  ): AsyncGenerator<[JournalEvent | null, Position], void, void> {
    let position = start;
    for (;;) {
      // Read before the names: a bucket that is older than the current one is then whole.
      const { bucket, entry } = position;
      const [cursor, names] = await through(() =>
        Promise.all([
          this.#tree.read(this.#tree.path("journal", "current"), JournalCursor),
          this.#names(bucket),
        ])
      );
      for (const batch of batches(names.filter((name) => name > entry))) {
        for (const [index, event] of (await through(() => this.#events(bucket, batch))).entries()) {
          position = { bucket, entry: batch[index] ?? entry };
          yield [event, position];
        }
      }
      if (cursor.kind !== "found" || cursor.value.bucket <= bucket) return;
      // Old buckets are removed in time, so the next number need not be there.
      const next = (await through(() => this.#buckets())).find((candidate) => candidate > bucket);
      position = { bucket: next ?? cursor.value.bucket, entry: "" };
    }
  }

  async #from(since: string, query: JournalQuery, limit: number): Promise<JournalEvent[]> {
    const isId = EVENT_ID.test(since);
    const events: JournalEvent[] = [];
    const start = isId ? parsePosition(since) : await this.#startOf(since);
    const from = isId ? -Infinity : Date.parse(since);
    for await (const [event] of this.#after(start, once)) {
      if (event === null || Date.parse(event.time) < from || !concerns(event, query)) continue;
      events.push(event);
      if (events.length >= limit) break;
    }
    return events;
  }

  async #newest(query: JournalQuery, limit: number): Promise<JournalEvent[]> {
    const events: JournalEvent[] = [];
    for (const bucket of (await this.#buckets()).reverse()) {
      for (const batch of batches(await this.#names(bucket)).reverse()) {
        const found = await this.#events(bucket, batch);
        events.unshift(
          ...found.filter((event) => event !== null).filter((event) => concerns(event, query)),
        );
        if (events.length >= limit) return events.slice(-limit);
      }
    }
    return events;
  }

  /** The bucket before the first one that begins at or after a time. */
  async #startOf(time: string): Promise<Position> {
    const buckets = await this.#buckets();
    let start = buckets[0] ?? 0;
    for (const bucket of buckets.toReversed()) {
      const first = (await this.#names(bucket))[0];
      const [event] = first === undefined ? [null] : await this.#events(bucket, [first]);
      start = bucket;
      if (event !== null && event !== undefined && Date.parse(event.time) < Date.parse(time)) break;
    }
    return { bucket: start, entry: "" };
  }

  async #buckets(): Promise<number[]> {
    const names = await this.#tree.children(this.#tree.path("journal"));
    return names.filter((name) => BUCKET_NAME.test(name)).map(Number);
  }

  async #names(bucket: number): Promise<string[]> {
    const names = await this.#tree.children(this.#tree.path("journal", journalBucketName(bucket)));
    return names.filter((name) => ENTRY_NAME.test(name));
  }

  #events(bucket: number, names: readonly string[]): Promise<(JournalEvent | null)[]> {
    return Promise.all(names.map(async (name) => {
      const path = this.#tree.path("journal", journalBucketName(bucket), name);
      const node = await this.#tree.data(path);
      if (node === null) return null;
      const decoded = decodePayload(node.data, StoredEvent);
      if (!decoded.ok) {
        this.#onCorrupt({ path, problem: decoded.problem });
        return null;
      }
      const time = decoded.value.time ?? new Date(node.stat.ctime).toISOString();
      return JournalEvent.parse({ ...decoded.value, id: eventId(bucket, name), time });
    }));
  }
}

function eventId(bucket: number, entry: string): string {
  return `${journalBucketName(bucket)}-${entry.slice(2)}`;
}

function parsePosition(id: string): Position {
  if (!EVENT_ID.test(id)) return { bucket: 0, entry: "" };
  return { bucket: Number(id.slice(0, 10)), entry: `e-${id.slice(11)}` };
}

function concerns(event: JournalEvent, { taskId }: JournalQuery): boolean {
  return taskId === undefined || event.task_id === taskId ||
    (event.task_ids?.includes(taskId) ?? false);
}

function batches<T>(items: readonly T[]): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / BATCH) },
    (_, index) => items.slice(index * BATCH, (index + 1) * BATCH),
  );
}
