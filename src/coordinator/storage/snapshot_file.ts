import type { Disk, DiskFile } from "../../platform/disk.ts";
import { encodeFileHeader, FILE_HEADER_BYTES } from "./file_header.ts";
import { fileName, UNFINISHED } from "./file_names.ts";
import { encodeFrame } from "./frame.ts";
import { encodeGroup } from "./group.ts";

/** Bytes of chunks that are put into one frame, and written at once. */
const FRAME_BYTES = 256 * 1024;

/** Bytes after which a sync is due: the log's own syncs would wait for more than that. */
const SYNC_BYTES = 4 * 1024 * 1024;

/**
 * Writes the chunks as the snapshot that covers the groups up to a number. The file has its name only
 * once all of it is on disk. The iterator of the chunks is ended, whatever happens. Rejects with
 * DiskError, and then leaves the directory as it was, but for an unfinished file at worst.
 */
export async function writeSnapshot(
  disk: Disk,
  directory: string,
  covered: number,
  chunks: Iterable<Uint8Array>,
): Promise<void> {
  const path = `${directory}/${fileName("snapshot", covered)}`;
  const unfinished = `${path}${UNFINISHED}`;
  try {
    const file = await disk.create(unfinished);
    try {
      await writeChunks(file, covered, chunks);
    } finally {
      await file.close();
    }
    await disk.rename(unfinished, path);
    await disk.syncDirectory(directory);
  } catch (error) {
    await disk.remove(unfinished).catch(() => {});
    throw error;
  } finally {
    chunks[Symbol.iterator]().return?.();
  }
}

async function writeChunks(
  file: DiskFile,
  covered: number,
  chunks: Iterable<Uint8Array>,
): Promise<void> {
  await file.write(0, encodeFileHeader("snapshot", covered));
  let offset = FILE_HEADER_BYTES;
  let synced = 0;
  let number = 0;
  for (const parts of gathered(chunks)) {
    const frame = encodeFrame(number++, encodeGroup(parts));
    await file.write(offset, frame);
    offset += frame.length;
    if (offset - synced < SYNC_BYTES) continue;
    await file.sync();
    synced = offset;
  }
  await file.write(offset, encodeFrame(number, []));
  await file.sync();
}

/** The chunks, as many together as make up a frame. */
function* gathered(chunks: Iterable<Uint8Array>): Generator<Uint8Array[], void> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes < FRAME_BYTES) continue;
    yield parts;
    parts = [];
    bytes = 0;
  }
  if (parts.length > 0) yield parts;
}
