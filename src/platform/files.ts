/** What is known of a file or directory; links are followed. */
export interface FileStatus {
  readonly kind: "file" | "directory" | "other";
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** Owner's user id; 0 is root. */
  readonly uid: number;
  readonly bytes: number;
  /** ms since 1970, by the machine's clock. */
  readonly modifiedAt: number;
}

/**
 * Small files of text, as configuration and setup need them. Synchronous, because a one-shot
 * command reads two files before it can do anything else. Every method throws `OrchestratorError`:
 * PERMISSION_DENIED (also a read-only file system), DISK_FULL, or IO_FAILED.
 */
export interface Files {
  /** The text, without a byte order mark; null where there is no such file. */
  read(path: string): string | null;
  /** null where there is nothing. */
  status(path: string): FileStatus | null;
  /** Names in a directory, sorted; [] where it is missing. */
  list(path: string): string[];
  /** Makes a directory and its parents; leaves one that is there as it is. */
  makeDirectory(path: string, mode?: number): void;
  /**
   * Writes a whole file or nothing: a temporary file beside it, synced to disk, then renamed over
   * it. A link stays a link; its target is replaced. Parents are made.
   */
  replace(path: string, text: string, mode: number): void;
  /** Makes a file that must not be there yet; false where it is. Parents are made. */
  createNew(path: string, text: string, mode: number): boolean;
  /** Writes at the end of a file, which is made where it is missing. Parents are made. */
  append(path: string, text: string, mode: number): void;
  rename(from: string, to: string): boolean;
  /** Does nothing where there is no such file. */
  remove(path: string): void;
  /** Bytes that this user may still write on the file system of a path, or of its nearest parent. */
  freeBytes(path: string): number;
  /** Whether this user may make files in the directory, or in its nearest parent that exists. */
  writable(path: string): boolean;
}
