import type { Disk } from "../../platform/disk.ts";
import { ByteWindow } from "./byte_window.ts";
import { DamagedStorageError } from "./directory_problem.ts";
import { FILE_HEADER_BYTES } from "./file_header.ts";
import { filesOf, type NumberedFile } from "./file_names.ts";
import { type FileEnd, type Scan, scan } from "./scan.ts";

/** Frames of a file, between two offsets. */
export interface Extent {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** The end of a log that was never complete. */
export interface CutTail {
  readonly path: string;
  /** Where the whole groups end; 0 where not even the file's header is whole. */
  readonly offset: number;
  readonly bytes: number;
}

/** A snapshot that cannot be read, and why. */
export interface UnreadableSnapshot {
  readonly path: string;
  readonly problem: DamagedStorageError;
}

/** What a data directory holds, as far as it makes one whole. */
export interface Inventory {
  /** The newest snapshot that can be read, and the last group that it covers. */
  readonly snapshot: (Extent & { readonly covered: number }) | null;
  /** Where the groups after it are, in order. */
  readonly log: readonly Extent[];
  /** Number of the last group, or of the last that the snapshot covers. */
  readonly last: number;
  readonly unreadable: readonly UnreadableSnapshot[];
  readonly tail: CutTail | null;
  /** What is wrong with the log; everything above is what comes before that. */
  readonly damage: DamagedStorageError | null;
  /** Files of the log that come after the damage, and make no sense without what is missing. */
  readonly beyond: readonly string[];
}

/** Reads the whole directory and checks every group that a restart needs. Changes nothing. */
export async function takeInventory(disk: Disk, directory: string): Promise<Inventory> {
  const names = await disk.list(directory);
  const { snapshot, unreadable } = newestSnapshot(disk, directory, filesOf("snapshot", names));
  const covered = snapshot?.covered ?? 0;
  const segments = neededSegments(filesOf("log", names), covered);
  const walk = new LogWalk(disk, directory, covered);
  segments.forEach((segment, index) => walk.visit(segment, index === segments.length - 1));
  // Without the snapshot the log would have to begin at the beginning.
  const lost = covered === 0 && segments[0]?.number !== 1 ? unreadable[0] : undefined;
  return {
    snapshot,
    unreadable,
    log: walk.log,
    last: Math.max(walk.last, covered),
    tail: walk.tail,
    damage: lost?.problem ?? walk.damage,
    beyond: walk.beyond,
  };
}

function newestSnapshot(disk: Disk, directory: string, files: readonly NumberedFile[]) {
  const unreadable: UnreadableSnapshot[] = [];
  for (const { name, number } of files.toReversed()) {
    const path = `${directory}/${name}`;
    const found = withFile(disk, path, (source) => scan(source, "snapshot", number, 0));
    const problem = snapshotProblem(path, found);
    if (problem?.isRepairable === false) throw problem;
    if (problem === null) {
      const snapshot = { path, covered: number, from: FILE_HEADER_BYTES, to: found.offset };
      return { snapshot, unreadable };
    }
    unreadable.push({ path, problem });
  }
  return { snapshot: null, unreadable };
}

function snapshotProblem(path: string, { end, offset }: Scan): DamagedStorageError | null {
  if (end.kind === "whole" && end.isClosed) return null;
  return problemAt(path, offset, end, "the rest of it is missing or was changed");
}

function problemAt(path: string, offset: number, end: FileEnd, otherwise: string) {
  const reason = "reason" in end ? end.reason : otherwise;
  return new DamagedStorageError(path, offset, reason, end.kind !== "foreign");
}

/** All but those at the beginning whose groups the snapshot covers. */
function neededSegments(files: readonly NumberedFile[], covered: number): NumberedFile[] {
  return files.filter((_file, index) => {
    const next = files[index + 1];
    return next === undefined || next.number > covered + 1;
  });
}

/** Goes through the log, file by file, up to its end or the first damage. */
class LogWalk {
  readonly log: Extent[] = [];
  readonly beyond: string[] = [];
  last: number;
  tail: CutTail | null = null;
  damage: DamagedStorageError | null = null;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #covered: number;

  constructor(disk: Disk, directory: string, covered: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#covered = covered;
    this.last = covered;
  }

  visit({ name, number }: NumberedFile, isNewest: boolean): void {
    const path = `${this.#directory}/${name}`;
    if (this.damage !== null) return void this.beyond.push(path);
    if (number > this.last + 1) {
      const reason = `the groups ${this.last + 1} to ${number - 1} before it are missing`;
      this.damage = new DamagedStorageError(path, 0, reason);
      this.beyond.push(path);
      return;
    }
    let from = FILE_HEADER_BYTES;
    const found = withFile(this.#disk, path, (source) => {
      const skip = (group: number, end: number) => {
        if (group <= this.#covered) from = end;
      };
      return { ...scan(source, "log", number, number, skip), bytes: source.bytes };
    });
    if (found.offset > from) this.log.push({ path, from, to: found.offset });
    this.last = Math.max(this.last, found.last);
    if (found.end.kind === "cut" && isNewest) {
      this.tail = { path, offset: found.offset, bytes: found.bytes - found.offset };
    } else if (found.end.kind !== "whole") {
      this.damage = problemAt(path, found.offset, found.end, "the rest of it is missing");
    }
  }
}

function withFile<T>(disk: Disk, path: string, work: (source: ByteWindow) => T): T {
  const reader = disk.read(path);
  try {
    return work(new ByteWindow(reader));
  } finally {
    reader.close();
  }
}
