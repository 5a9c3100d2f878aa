import type { DiskReader } from "../../platform/disk.ts";
import type { ByteSource } from "./frame.ts";

/** Bytes that are read at once: a file may be far larger than what should be in memory. */
const WINDOW_BYTES = 1024 * 1024;

/** A file that is read in large pieces and looked at in small ones. */
export class ByteWindow implements ByteSource {
  readonly bytes: number;
  readonly #reader: DiskReader;
  #start = 0;
  #window: Uint8Array = new Uint8Array();

  constructor(reader: DiskReader) {
    this.#reader = reader;
    this.bytes = reader.bytes;
  }

  at(offset: number, length: number): Uint8Array {
    const isInside = offset >= this.#start &&
      offset + length <= this.#start + this.#window.length;
    if (!isInside && this.#reaches(offset, length)) {
      this.#window = this.#reader.read(offset, Math.max(length, WINDOW_BYTES));
      this.#start = offset;
    }
    const from = offset - this.#start;
    return this.#window.subarray(Math.max(0, from), Math.max(0, from + length));
  }

  /** Whether reading again could give more than the window has: not at the end of the file. */
  #reaches(offset: number, length: number): boolean {
    const end = this.#start + this.#window.length;
    return offset < this.#start || Math.min(offset + length, this.bytes) > end;
  }
}
