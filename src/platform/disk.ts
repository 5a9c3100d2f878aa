/**
 * Why the disk did not do what it was told: `full` (no space, or the quota is used up), `refused`
 * (permissions, a read-only file system), `missing`, `exists`, or `io` for all else.
 */
export type DiskFailure = "full" | "refused" | "missing" | "exists" | "io";

/** A disk that did not do what it was told. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly failure: DiskFailure;
  readonly path: string;

  /** `message` is one sentence that names the path, without a period. */
  constructor(failure: DiskFailure, path: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.failure = failure;
    this.path = path;
  }
}

/** What is known of a file or directory. */
export interface DiskStatus {
  readonly kind: "file" | "directory" | "other";
  readonly bytes: number;
  /** The owner's user id. */
  readonly uid: number;
}

/** A file that is open for writing. Every method may reject with a `DiskError`. */
export interface DiskFile {
  /**
   * Writes all the bytes at an offset; the file grows where they reach beyond its end. Where it
   * rejects, any of them may have been written.
   */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when what was written, and how long the file is, would outlive a loss of power. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** A file that is open for reading; synchronous, since only a start and a repair read. */
export interface DiskReader {
  readonly bytes: number;
  /** Fewer bytes at the end of the file. Throws `DiskError`. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/**
 * Files of bytes, and what it takes to make them outlast a crash: contents by `DiskFile.sync`, names
 * by `syncDirectory`. Directories are made for their owner only (0700), files too (0600). Every
 * method may throw or reject with a `DiskError`.
 */
export interface Disk {
  /** The user id that files are made under. */
  readonly uid: number;
  /** Makes a directory and its parents; leaves one that is there as it is. */
  makeDirectory(path: string): Promise<void>;
  /** null where there is nothing; links are followed. */
  status(path: string): Promise<DiskStatus | null>;
  /** Names in a directory, sorted. */
  list(directory: string): Promise<string[]>;
  /** Makes a file, or empties the one that is there. */
  create(path: string): Promise<DiskFile>;
  /** Opens a file that is there, to change it. */
  open(path: string): Promise<DiskFile>;
  read(path: string): DiskReader;
  /** Over a file that may be there, at one moment. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing where there is no such file. */
  remove(path: string): Promise<void>;
  /** Makes what was created, renamed and removed in a directory outlive a loss of power. */
  syncDirectory(path: string): Promise<void>;
}
