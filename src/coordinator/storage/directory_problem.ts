/** A file of the data directory is damaged, missing, or of another format: nothing is guessed. */
export class DamagedStorageError extends Error {
  override readonly name = "DamagedStorageError";
  /** Path of the file. */
  readonly file: string;
  /** Of the first byte that makes no sense; 0 where it is the file itself. */
  readonly offset: number;
  /** False for a file that is not damaged, but was written by another program, or a later one. */
  readonly isRepairable: boolean;

  constructor(file: string, offset: number, reason: string, isRepairable = true) {
    super(`Cannot read "${file}" from byte ${offset} on: ${reason}`);
    this.file = file;
    this.offset = offset;
    this.isRepairable = isRepairable;
  }
}

/** Another process works in the data directory. */
export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
  /** Of the process that has it. */
  readonly pid: number;

  constructor(directory: string, pid: number) {
    super(`The data directory "${directory}" is used by process ${pid}`);
    this.pid = pid;
  }
}

/** The data directory belongs to somebody else, or is no directory. */
export class ForeignDirectoryError extends Error {
  override readonly name = "ForeignDirectoryError";
}
