/**
 * Where a coordinator keeps what must outlive it: a log of records and snapshots. To the storage
 * both are opaque bytes; what they mean is the coordinator's own affair (`transaction_codec.ts`,
 * `state_snapshot.ts`).
 *
 * Contract between the two:
 * - `recover` is called once, and settles before anything else is called.
 * - One `commit` at a time: the next one is called after the last has settled. While one is under
 *   way the coordinator gathers the next group, so that one fsync serves many writes.
 * - `snapshot` is called while no `commit` is under way; commits go on while it is being written.
 * - Bytes handed over are never changed afterwards, by neither side.
 */
export interface Storage {
  /**
   * What was kept by the last run. Rejects where it cannot be read without guessing (damage before
   * the tail of the log, another process in the same directory); the coordinator does not start then.
   */
  recover(): Promise<Recovered>;

  /**
   * Adds a group of records to the log and resolves when all of them are on disk (one fsync). Never
   * called with an empty group.
   *
   * Rejects with a `StorageError`:
   * - `refused`: none of the group is kept, now or after a restart (what was written of it has been
   *   cut off again), and a later commit may succeed. A full disk is the usual reason.
   * - `broken`: nobody knows what is on disk (a failed fsync, an I/O error while cutting). The
   *   coordinator stops at once and answers nothing more; a restart finds out. Any other rejection is
   *   taken for this one.
   */
  commit(records: readonly Uint8Array[]): Promise<void>;

  /**
   * Writes a snapshot, chunk by chunk, pulling the next chunk when there is room for it and giving way
   * to other work in between. It holds the effect of every record committed before the call and of no
   * later one. When it is durable, the records it covers may be removed, and older snapshots.
   *
   * Rejects with a `StorageError`: `refused` leaves everything as it was before the call (with the
   * log as it has grown); `broken` as above. The iterator is always ended (`return()`), so that the
   * coordinator stops preparing chunks.
   */
  snapshot(chunks: Iterable<Uint8Array>): Promise<void>;

  /** Bytes of the records that a restart would have to read: those since the last snapshot. */
  readonly logBytes: number;

  /** Called once, when no commit is under way; waits for a snapshot that is. Releases the files. */
  close(): Promise<void>;
}

/** What a storage has kept. Both parts are read once, first the snapshot, in order. */
export interface Recovered {
  /** The newest whole snapshot: its chunks, one by one as they were given; null where none is. */
  readonly snapshot: Iterable<Uint8Array> | null;
  /**
   * Every record committed after that snapshot, one by one as they were given, in order. Records that
   * the snapshot covers may come as well, since the coordinator knows them by their zxid and skips
   * them. The tail may have records that were never acknowledged. Iterating may throw, where the log
   * is damaged before its tail.
   */
  readonly records: Iterable<Uint8Array>;
}

/** Why something could not be kept; see `Storage.commit` for what each kind promises. */
export type StorageFailure = "refused" | "broken";

/** The storage could not keep what it was given. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly kind: StorageFailure;

  /** `message` is one sentence for the log and for `status`, such as "No space left on device". */
  constructor(kind: StorageFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
