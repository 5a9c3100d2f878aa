import * as z from "zod";
import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import { JOURNAL_BUCKET_SIZE } from "../domain/limits.ts";
import { isZooKeeperError, MultiError, ZooKeeperError } from "../zookeeper/errors.ts";
import type { Op, OpResult } from "../zookeeper/zookeeper.ts";
import { directoryMode } from "./directory_mode.ts";
import { deposed, type Fence, fenceCheck } from "./fence.ts";
import { EMPTY, encodePayload } from "./payload.ts";
import type { Tree } from "./tree.ts";

/** Which journal bucket grows now; its node's version changes with each new bucket. */
export const JournalCursor = z.object({ v: z.literal(1), bucket: z.int().nonnegative() });

interface Cursor {
  readonly bucket: number;
  readonly version: number;
}

/** Repairs (parents that come and go, a new journal bucket) tried within one commit. */
const MAX_REPAIRS = 25;

/** Name of a journal bucket: ten digits. */
export function journalBucketName(bucket: number): string {
  return String(bucket).padStart(10, "0");
}

/**
 * Commits: one ZooKeeper transaction holds the caller's operations and the journal entries that tell
 * of them. Directories that the operations need are created in the same transaction where they are
 * missing, so callers name only the nodes that they mean.
 *
 * With a fence, whatever it writes begins with the check of that node's version: a Leader whose term is
 * over gets DEPOSED, which no attempt mends, and nothing is changed.
 */
export class Ledger {
  readonly #tree: Tree;
  readonly #fence: Fence | null;
  #cursor: Promise<Cursor> | null = null;
  /** Directories that were not there at the last look. */
  readonly #absent = new Set<string>();

  constructor(tree: Tree, fence: Fence | null = null) {
    this.#tree = tree;
    this.#fence = fence;
  }

  /**
   * Begins, without waiting, to read what a commit will need, so that a one-shot process spends no
   * round trip of its own on it. `creates` are paths that the commit is likely to create.
   */
  prepare(creates: readonly string[] = []): void {
    // Nobody may ever commit; a failure then concerns nobody, and a commit meets it by itself.
    this.#readCursor().catch(() => {});
    this.#look(creates).catch(() => {});
  }

  /**
   * Carries out all of `ops` and writes the event(s), or does nothing. Results are those of `ops`.
   *
   * @throws MultiError with the index within `ops` of the first that failed
   * @throws ZooKeeperError where the reply was lost: the transaction may have been carried out
   * @throws OrchestratorError DEPOSED by the fence; CONTENTION where directories kept vanishing;
   *   CORRUPT_DATA
   */
  async commit(
    ops: readonly Op[],
    events: NewEvent | readonly NewEvent[] | null,
  ): Promise<OpResult[]> {
    const entries = events === null ? [] : "type" in events ? [events] : events;
    for (let attempt = 0; attempt < MAX_REPAIRS; attempt++) {
      const cursor = entries.length === 0 ? null : await this.#readCursor();
      const checks: Op[] = cursor === null ? [] : [{
        type: "check",
        path: this.#tree.path("journal", "current"),
        version: cursor.version,
      }];
      const journal = cursor === null ? [] : entries.map((event) => this.#entry(cursor, event));
      const parents = this.#absentParents([...ops, ...journal]);
      const all = [...checks, ...parents, ...ops, ...journal];
      const first = checks.length + parents.length;
      try {
        const results = await this.#fenced(all);
        for (const parent of parents) this.#absent.delete(parent.path);
        await this.#rollIfFull(cursor, results.at(-1));
        return results.slice(first, first + ops.length);
      } catch (error) {
        if (!(error instanceof MultiError)) throw error;
        if (await this.#repair(error, all[error.index], error.index < first, ops)) continue;
        throw new MultiError(error.code, error.index - first, all[error.index]?.path);
      }
    }
    throw new OrchestratorError("CONTENTION", "Cannot commit: its directories keep changing", {
      hint: "Try again",
    });
  }

  /**
   * Deletes a node that holds nothing, or nothing that is still needed, at any version and without a
   * word to the journal. False where it is gone, or has children.
   *
   * @throws OrchestratorError DEPOSED by the fence; ZooKeeperError
   */
  async discard(path: string): Promise<boolean> {
    try {
      if (this.#fence === null) await this.#tree.zk.delete(path);
      else await this.#fenced([{ type: "delete", path }]);
      return true;
    } catch (error) {
      if (!isZooKeeperError(error, "NO_NODE", "NOT_EMPTY")) throw error;
      return false;
    }
  }

  /** A transaction behind the fence; results, and the index of a failure, are those of `ops`. */
  async #fenced(ops: readonly Op[]): Promise<OpResult[]> {
    if (this.#fence === null) return await this.#tree.zk.multi(ops);
    try {
      return (await this.#tree.zk.multi([fenceCheck(this.#fence), ...ops])).slice(1);
    } catch (error) {
      if (!(error instanceof MultiError)) throw error;
      if (error.index === 0 && isZooKeeperError(error, "BAD_VERSION", "NO_NODE")) {
        throw deposed(this.#fence);
      }
      throw new MultiError(error.code, error.index - 1, ops[error.index - 1]?.path);
    }
  }

  /** Whether a failure was of the ledger's own doing, and is set right for the next attempt. */
  async #repair(
    error: MultiError,
    op: Op | undefined,
    isOwn: boolean,
    ops: readonly Op[],
  ): Promise<boolean> {
    if (op === undefined) return false;
    if (isOwn && op.type === "check") {
      this.#cursor = null;
      return error.code === "BAD_VERSION" || error.code === "NO_NODE";
    }
    if (isOwn && error.code === "NODE_EXISTS") {
      this.#absent.delete(op.path);
      return true;
    }
    if (op.type === "create" && error.code === "NO_NODE") {
      await this.#look([...creates(ops), op.path]);
      return true;
    }
    return false;
  }

  /** Finds out which directories above the given paths are missing. */
  async #look(paths: readonly string[]): Promise<void> {
    const directories = new Set(paths.flatMap((path) => this.#ancestors(path)));
    await Promise.all([...directories].map(async (directory) => {
      if (await this.#tree.zk.exists(directory) === null) this.#absent.add(directory);
      else this.#absent.delete(directory);
    }));
  }

  #absentParents(ops: readonly Op[]): Extract<Op, { type: "create" }>[] {
    if (this.#absent.size === 0) return [];
    const made = new Set(creates(ops));
    const parents = new Set(
      creates(ops).flatMap((path) => this.#ancestors(path)).filter((path) =>
        this.#absent.has(path) && !made.has(path)
      ),
    );
    return [...parents].sort((a, b) => a.length - b.length).map((path) => ({
      type: "create",
      path,
      data: EMPTY,
      mode: directoryMode(this.#tree.segments(path)),
    }));
  }

  /** Directories above a path, outermost first. */
  #ancestors(path: string): string[] {
    const segments = path.split("/").slice(1, -1);
    return segments.map((_, index) => `/${segments.slice(0, index + 1).join("/")}`);
  }

  #entry(cursor: Cursor, event: NewEvent): Op {
    return {
      type: "create",
      path: this.#tree.path("journal", journalBucketName(cursor.bucket), "e-"),
      data: encodePayload({ v: 1, ...event }),
      mode: "persistent_sequential",
    };
  }

  #readCursor(): Promise<Cursor> {
    if (this.#cursor === null) {
      const reading = this.#loadCursor();
      this.#cursor = reading;
      reading.catch(() => {
        if (this.#cursor === reading) this.#cursor = null;
      });
    }
    return this.#cursor;
  }

  async #loadCursor(): Promise<Cursor> {
    const path = this.#tree.path("journal", "current");
    const read = await this.#tree.read(path, JournalCursor);
    if (read.kind === "found") return { bucket: read.value.bucket, version: read.stat.version };
    if (read.kind === "corrupt") {
      throw new OrchestratorError("CORRUPT_DATA", `Cannot read "${path}": ${read.problem}`, {
        hint: `Set it to {"v":1,"bucket":n}, n one more than the last name below /journal`,
        details: { path },
      });
    }
    await this.#beginJournal(path);
    await this.#tree.sync();
    return this.#loadCursor();
  }

  async #beginJournal(path: string): Promise<void> {
    const bucket = this.#tree.path("journal", journalBucketName(0));
    // In this order, so that where the cursor is, its bucket is too.
    for (const directory of [...this.#ancestors(bucket), bucket]) await this.#create(directory);
    await this.#create(path, encodePayload({ v: 1, bucket: 0 }));
  }

  async #create(path: string, data: Uint8Array = EMPTY): Promise<void> {
    try {
      if (this.#fence === null) await this.#tree.zk.create(path, data);
      else await this.#fenced([{ type: "create", path, data }]);
    } catch (error) {
      if (!isZooKeeperError(error, "NODE_EXISTS")) throw error;
    }
  }

  /** Begins the next bucket. Whoever comes next does it where this fails, so failures are ignored. */
  async #rollIfFull(cursor: Cursor | null, last: OpResult | undefined): Promise<void> {
    if (cursor === null || last?.type !== "create") return;
    const sequence = Number(last.path.slice(-10));
    if (sequence + 1 < JOURNAL_BUCKET_SIZE) return;
    this.#cursor = null;
    const next = cursor.bucket + 1;
    try {
      await this.#fenced([
        {
          type: "set",
          path: this.#tree.path("journal", "current"),
          data: encodePayload({ v: 1, bucket: next }),
          version: cursor.version,
        },
        { type: "create", path: this.#tree.path("journal", journalBucketName(next)), data: EMPTY },
      ]);
    } catch (error) {
      // The commit before it was carried out, and says so, even if the term ended since.
      const isDeposed = error instanceof OrchestratorError && error.code === "DEPOSED";
      if (!isDeposed && !(error instanceof ZooKeeperError)) throw error;
    }
  }
}

function creates(ops: readonly Op[]): string[] {
  return ops.flatMap((op) => op.type === "create" ? [op.path] : []);
}
