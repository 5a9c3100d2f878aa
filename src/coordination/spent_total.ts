import * as z from "zod";
import type { JournalEvent } from "../domain/event.ts";
import { lazyObject } from "../domain/lazy_object.ts";
import { addSpent, NOTHING_SPENT, Spent } from "../domain/spent.ts";
import { commitUntilDone, type Ground } from "./commit_once.ts";
import type { Journal } from "./journal.ts";
import { encodePayload } from "./payload.ts";

const count = z.int().nonnegative();

/** What all agents have cost, and what has happened how often, as stored at `/spent`. */
const Checkpoint = lazyObject(() => ({
  v: z.literal(1),
  spent: Spent,
  retries: count.default(0),
  events: z.record(z.string(), count).default({}),
  /** Id of the last event that is counted; "" for none. */
  through: z.string(),
}));

/** A sum, and the last event that is in it ("" for none). */
export interface SpentReading {
  readonly spent: Spent;
  /** Times that a task was queued again: after a failed attempt, by somebody, or for a lost owner. */
  readonly retries: number;
  /** Events by their type. */
  readonly events: Readonly<Record<string, number>>;
  readonly through: string;
}

const NOTHING: SpentReading = { spent: NOTHING_SPENT, retries: 0, events: {}, through: "" };

/** Types of the events that tell of a retry, where they lead back to the queue. */
const RETRIES: readonly string[] = ["task_failed", "task_retried", "task_recovered"];

/** Events read at once. */
const PAGE = 1_000;
/** The journal from its beginning. */
const EVER = new Date(0).toISOString();

/** What the run that an event tells of has cost; undefined where it tells of none. */
export function spentOf(event: Pick<JournalEvent, "data">): Spent | undefined {
  const parsed = Spent.safeParse(event.data?.["spent"]);
  return parsed.success ? parsed.data : undefined;
}

/**
 * What all agents of the team have cost, and how often each thing has happened. Each run is told by the
 * one event that ends it, so the sum is that of the journal; a checkpoint, kept now and then by the Leader, spares reading it from the
 * start, and keeps what retention removes. One that does not parse is reported, and made anew.
 */
export class SpentTotal {
  readonly #ground: Ground;
  readonly #journal: Journal;
  /** The last sum that was made: the next one goes on from it. */
  #latest: SpentReading = NOTHING;

  constructor(ground: Ground, journal: Journal) {
    this.#ground = ground;
    this.#journal = journal;
  }

  /** The sum as of now. Throws `ZooKeeperError`. */
  async read(): Promise<Spent> {
    return (await this.reading()).spent;
  }

  /** The checkpoint and what the journal tells after it. Throws `ZooKeeperError`. */
  async reading(): Promise<SpentReading> {
    return await this.#fold((await this.#checkpoint()).reading);
  }

  /**
   * Keeps what `reading` gives, for those who read after it. Safe to repeat, and beside others who do the
   * same: what was kept further on stays.
   *
   * @throws OrchestratorError DEPOSED, where the team was opened by a Leader; CONTENTION; ZooKeeperError
   */
  async checkpoint(): Promise<SpentReading> {
    const { tree } = this.#ground;
    const path = tree.path("spent");
    const decide = async () => {
      await tree.sync();
      const { reading: before, version } = await this.#checkpoint();
      const after = await this.#fold(before);
      if (after.through === before.through) return { settled: after };
      const data = encodePayload({ v: 1, ...after });
      const op = version === null
        ? { type: "create" as const, path, data }
        : { type: "set" as const, path, data, version };
      return { ops: [op], event: null, result: () => after };
    };
    return await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
  }

  async #checkpoint(): Promise<{ reading: SpentReading; version: number | null }> {
    const { tree, onCorrupt } = this.#ground;
    const read = await tree.read(tree.path("spent"), Checkpoint);
    if (read.kind === "found") {
      const { v: _, ...reading } = read.value;
      return { reading, version: read.stat.version };
    }
    if (read.kind === "corrupt") onCorrupt(read);
    const version = read.kind === "corrupt" ? read.stat.version : null;
    return { reading: NOTHING, version };
  }

  async #fold(start: SpentReading): Promise<SpentReading> {
    let reading = start.through < this.#latest.through ? this.#latest : start;
    for (;;) {
      const { through } = reading;
      const since = through === "" ? EVER : through;
      const events = await this.#journal.read({ since, limit: PAGE });
      reading = added(reading, events);
      if (events.length < PAGE) return this.#latest = reading;
    }
  }
}

function added(reading: SpentReading, more: readonly JournalEvent[]): SpentReading {
  const events = { ...reading.events };
  for (const { type } of more) events[type] = (events[type] ?? 0) + 1;
  const again = more.filter(({ type, to }) => RETRIES.includes(type) && to === "pending");
  return {
    spent: addSpent(reading.spent, ...more.map(spentOf)),
    retries: reading.retries + again.length,
    events,
    through: more.at(-1)?.id ?? reading.through,
  };
}
