// In a data directory:
//
//     log.{number}         frames of records, from that number on
//     snapshot.{number}    the state after the frame of that number
//     *.new                being written; of no use once its writer has ended
//     lock.{pid}.{name}    who works in the directory
//
// Numbers are 16 hexadecimal digits, so that names sort as numbers do.

/** What a file of the storage is. */
export type FileKind = "log" | "snapshot";

/** A file of a data directory, by what its name says. */
export interface NumberedFile {
  readonly name: string;
  readonly number: number;
}

const DIGITS = 16;

/** End of the name of a file that is being written. */
export const UNFINISHED = ".new";

/** `log.000000000000001f` for `("log", 31)`. */
export function fileName(kind: FileKind, number: number): string {
  return `${kind}.${number.toString(16).padStart(DIGITS, "0")}`;
}

/** The files of a kind among the names of a directory, in the order of their numbers. */
export function filesOf(kind: FileKind, names: readonly string[]): NumberedFile[] {
  return names
    .map((name) => ({ name, number: Number.parseInt(name.slice(kind.length + 1), 16) }))
    .filter(({ name, number }) => name === fileName(kind, number))
    .sort((a, b) => a.number - b.number);
}
