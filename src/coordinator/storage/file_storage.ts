import { type Disk, DiskError } from "../../platform/disk.ts";
import { type Recovered, type Storage, StorageError } from "../storage.ts";
import { DirectoryLock, type LockEnvironment } from "./directory_lock.ts";
import { claimDirectory } from "./data_directory.ts";
import { recordsOf } from "./extents.ts";
import { FILE_HEADER_BYTES } from "./file_header.ts";
import { fileName, filesOf, UNFINISHED } from "./file_names.ts";
import { type Inventory, takeInventory } from "./inventory.ts";
import { LogSegment } from "./log_segment.ts";
import { writeSnapshot } from "./snapshot_file.ts";
import type { ReportEvent } from "./storage_event.ts";

/** Snapshots that are kept, with the log since the oldest of them: should one turn out unreadable. */
const KEPT_SNAPSHOTS = 2;

/** End of the name of a snapshot that could not be read; nothing reads or removes it any more. */
const UNREADABLE = ".unreadable";

/** What a storage in files needs. */
export interface FileStorageOptions extends LockEnvironment {
  /** Absolute; made where it is missing. */
  readonly directory: string;
  readonly report: ReportEvent;
}

/** Bytes of a file of the log that the newest snapshot does not cover. */
interface Uncovered {
  readonly last: number;
  readonly bytes: number;
}

/**
 * A log of groups in files, and snapshots, in a directory that one process at a time works in; see
 * docs/coordinator.md. `recover` also rejects with DirectoryInUseError, ForeignDirectoryError,
 * DamagedStorageError and DiskError.
 *
 * Every start begins a new file with its first group, and so does every snapshot. So a file that is
 * not the newest is never written again, and may be removed as a whole.
 */
export class FileStorage implements Storage {
  readonly #options: FileStorageOptions;
  #lock: DirectoryLock | undefined;
  #segment: LogSegment | undefined;
  /** Number of the last group that was committed. */
  #last = 0;
  /** Those before the current file. */
  #uncovered: Uncovered[] = [];
  #broken: StorageError | undefined;
  #snapshotEnded: Promise<unknown> = Promise.resolve();

  constructor(options: FileStorageOptions) {
    this.#options = options;
  }

  get #disk(): Disk {
    return this.#options.disk;
  }

  get logBytes(): number {
    const before = this.#uncovered.reduce((sum, { bytes }) => sum + bytes, 0);
    return before + (this.#segment?.bytes ?? 0);
  }

  async recover(): Promise<Recovered> {
    const { directory } = this.#options;
    await claimDirectory(this.#disk, directory);
    const lock = await DirectoryLock.take(this.#options, directory);
    try {
      await this.#removeUnfinished();
      const inventory = await takeInventory(this.#disk, directory);
      if (inventory.damage !== null) throw inventory.damage;
      await this.#settle(inventory);
      this.#lock = lock;
      const { snapshot, log } = inventory;
      return {
        snapshot: snapshot === null ? null : recordsOf(this.#disk, [snapshot]),
        records: recordsOf(this.#disk, log),
      };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async #removeUnfinished(): Promise<void> {
    const { directory } = this.#options;
    for (const name of await this.#disk.list(directory)) {
      const isSnapshot = name.startsWith("snapshot.") && name.endsWith(UNFINISHED);
      if (isSnapshot) await this.#disk.remove(`${directory}/${name}`);
    }
  }

  /** Cuts off a tail that was never complete, says what was found, and goes on from there. */
  async #settle({ snapshot, log, last, tail, unreadable }: Inventory): Promise<void> {
    const { report } = this.#options;
    for (const { path, problem } of unreadable) {
      // Under its name it would count as one of the two that are kept.
      await this.#disk.rename(path, `${path}${UNREADABLE}`);
      report({ type: "snapshot_passed_over", file: path, problem: problem.message });
    }
    if (tail !== null) {
      await this.#cutTail(tail.path, tail.offset);
      report({ type: "tail_cut", file: tail.path, offset: tail.offset, bytes: tail.bytes });
    }
    this.#last = last;
    const bytes = log.reduce((sum, { from, to }) => sum + to - from, 0);
    this.#uncovered = bytes > 0 ? [{ last, bytes }] : [];
    if (snapshot !== null) await this.#removeOld();
  }

  async #cutTail(path: string, offset: number): Promise<void> {
    // Not even the header is there, so no group ever was.
    if (offset < FILE_HEADER_BYTES) {
      await this.#disk.remove(path);
      return await this.#disk.syncDirectory(this.#options.directory);
    }
    const file = await this.#disk.open(path);
    try {
      await file.truncate(offset);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async commit(records: readonly Uint8Array[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    const { directory } = this.#options;
    try {
      this.#segment ??= await LogSegment.create(this.#disk, directory, this.#last + 1);
      await this.#segment.append(this.#last + 1, records);
      this.#last++;
    } catch (error) {
      if (error instanceof StorageError && error.kind === "broken") this.#broken = error;
      throw error;
    }
  }

  async snapshot(chunks: Iterable<Uint8Array>): Promise<void> {
    const written = this.#writeSnapshot(this.#last, this.#takeSegment(), chunks);
    this.#snapshotEnded = written.catch(() => {});
    await written;
  }

  /** Ends the current file: what comes next is in another, so that this one is covered whole. */
  #takeSegment(): LogSegment | undefined {
    const segment = this.#segment;
    if (segment !== undefined) this.#uncovered.push({ last: this.#last, bytes: segment.bytes });
    this.#segment = undefined;
    return segment;
  }

  async #writeSnapshot(
    covered: number,
    finished: LogSegment | undefined,
    chunks: Iterable<Uint8Array>,
  ): Promise<void> {
    const { directory } = this.#options;
    await this.#finish(finished);
    try {
      await writeSnapshot(this.#disk, directory, covered, chunks);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      throw new StorageError("refused", error.message, { cause: error });
    }
    this.#uncovered = this.#uncovered.filter(({ last }) => last > covered);
    await this.#removeOld();
  }

  /** The groups of a finished file are safe; that it keeps its spare room does no harm. */
  async #finish(segment: LogSegment | undefined, closedAt?: number): Promise<void> {
    try {
      await segment?.finish(closedAt);
    } catch (error) {
      const name = fileName("log", segment?.first ?? 0);
      this.#reportFailedCleaning(`${this.#options.directory}/${name}`, error);
    }
  }

  /** Removes what no restart would read, not even one that has to do without the newest snapshot. */
  async #removeOld(): Promise<void> {
    const { directory } = this.#options;
    const names = await this.#disk.list(directory);
    const snapshots = filesOf("snapshot", names);
    const oldest = snapshots.slice(-KEPT_SNAPSHOTS)[0];
    if (oldest === undefined || snapshots.length < KEPT_SNAPSHOTS) return;
    const logs = filesOf("log", names);
    const isCovered = (index: number) => (logs[index + 1]?.number ?? Infinity) <= oldest.number + 1;
    const old = [
      ...snapshots.slice(0, -KEPT_SNAPSHOTS),
      ...logs.filter((_log, index) => isCovered(index)),
    ];
    for (const { name } of old) {
      try {
        await this.#disk.remove(`${directory}/${name}`);
      } catch (error) {
        this.#reportFailedCleaning(`${directory}/${name}`, error);
      }
    }
  }

  #reportFailedCleaning(file: string, error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    this.#options.report({ type: "cleaning_failed", file, problem });
  }

  async close(): Promise<void> {
    await this.#snapshotEnded;
    const segment = this.#segment;
    this.#segment = undefined;
    // A broken file is left as it is: the next start finds out what it holds.
    if (this.#broken === undefined) await this.#finish(segment, this.#last + 1);
    await this.#lock?.release();
    this.#lock = undefined;
  }
}
