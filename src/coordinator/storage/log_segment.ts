import { type Disk, DiskError, type DiskFile } from "../../platform/disk.ts";
import { StorageError } from "../storage.ts";
import { encodeFileHeader, FILE_HEADER_BYTES } from "./file_header.ts";
import { fileName } from "./file_names.ts";
import { encodeFrame, FRAME_HEADER_BYTES } from "./frame.ts";
import { encodeGroup } from "./group.ts";

/**
 * Room that is made ahead of the last group, in bytes of zero. A file that does not grow is synced in
 * two thirds of the time, since its length need not be written too: measured on ext4, 0.15 ms for a
 * group of 200 bytes instead of 0.22, of 30,000 bytes 0.22 instead of 0.31. More than this gains
 * nothing, and makes the write that brings it slower.
 */
const ROOM_BYTES = 256 * 1024;

/**
 * One file of the log while groups are added to it. A group that cannot be written is cut off again, so
 * that the file is whole after each call, or known to be broken.
 */
export class LogSegment {
  /** Number of the first group. */
  readonly first: number;
  readonly #file: DiskFile;
  /** Where the groups end, and where the file does. */
  #end = FILE_HEADER_BYTES;
  #reserved = FILE_HEADER_BYTES;

  private constructor(first: number, file: DiskFile) {
    this.first = first;
    this.#file = file;
  }

  /**
   * Makes the file for the groups from a number on; one that a failed start has left is written over.
   * Rejects with StorageError `refused`.
   */
  static async create(disk: Disk, directory: string, first: number): Promise<LogSegment> {
    const path = `${directory}/${fileName("log", first)}`;
    let file: DiskFile | undefined;
    try {
      file = await disk.create(path);
      await file.write(0, encodeFileHeader("log", first));
      await file.sync();
      await disk.syncDirectory(directory);
      return new LogSegment(first, file);
    } catch (error) {
      // A file without a group is overwritten by the next try, and removed by the next start.
      await file?.close().catch(() => {});
      throw new StorageError("refused", messageOf(error), { cause: error });
    }
  }

  /** Bytes of the groups that it holds. */
  get bytes(): number {
    return this.#end - FILE_HEADER_BYTES;
  }

  /** Adds a group and resolves when it is on disk. Rejects as `Storage.commit` does. */
  async append(number: number, records: readonly Uint8Array[]): Promise<void> {
    const parts = encodeGroup(records);
    const length = parts.reduce((sum, part) => sum + part.length, FRAME_HEADER_BYTES);
    try {
      if (this.#end + length <= this.#reserved || !await this.#appendWithRoom(number, parts)) {
        await this.#file.write(this.#end, encodeFrame(number, parts));
      }
    } catch (error) {
      throw await this.#cutOff(error);
    }
    try {
      await this.#file.sync();
    } catch (error) {
      // After a failed sync the system may have forgotten what it could not write. Where there was no
      // room, there is nothing else to know: the group is cut off. All else is for a restart to see.
      if (isFull(error)) throw await this.#cutOff(error);
      throw new StorageError("broken", messageOf(error), { cause: error });
    }
    this.#end += length;
    this.#reserved = Math.max(this.#reserved, this.#end);
  }

  /** Whether the group and room after it could be written; false where the disk is too full for that. */
  async #appendWithRoom(number: number, parts: readonly Uint8Array[]): Promise<boolean> {
    const bytes = encodeFrame(number, parts, ROOM_BYTES);
    try {
      await this.#file.write(this.#end, bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
      await this.#file.truncate(this.#end);
      this.#reserved = this.#end;
      return false;
    }
    this.#reserved = this.#end + bytes.length;
    return true;
  }

  /** Takes back what was written of a group. The error to reject with. */
  async #cutOff(cause: unknown): Promise<StorageError> {
    try {
      await this.#file.truncate(this.#end);
      await this.#file.sync();
    } catch (error) {
      const message = `${messageOf(error)}, after this: ${messageOf(cause)}`;
      return new StorageError("broken", message, { cause: error });
    }
    this.#reserved = this.#end;
    return new StorageError("refused", messageOf(cause), { cause });
  }

  /**
   * Gives back the room that is left. With a number it also marks the end, so that damage to the last
   * group can be told from a write that was cut short. Throws DiskError; the groups are safe.
   */
  async finish(closedAt?: number): Promise<void> {
    try {
      if (this.#reserved > this.#end) await this.#file.truncate(this.#end);
      this.#reserved = this.#end;
      if (closedAt !== undefined) await this.#file.write(this.#end, encodeFrame(closedAt, []));
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof DiskError && error.failure === "full";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
