import { crc32c } from "./crc32c.ts";

// A frame, all numbers big-endian:
//
//     0  length of the payload   4 bytes
//     4  checksum                4    CRC-32C of bytes 0–3, of bytes 8–15, and of the payload
//     8  number                  8    which frame this is: it grows by one
//    16  payload
//
// The number is part of what is summed, so that a frame that ended up in another place is no frame
// there. An empty payload closes the file. Room that was made in advance is zero, which is no frame.

/** Bytes before the payload. */
export const FRAME_HEADER_BYTES = 16;

/** Largest payload: far above any group of records; a length beyond it is damage. */
export const MAX_PAYLOAD_BYTES = 0x3fff_ffff;

/** A frame as it was read. */
export interface Frame {
  readonly number: number;
  readonly payload: Uint8Array;
}

/** A place in a file, from which bytes can be read; see `ByteWindow`. */
export interface ByteSource {
  readonly bytes: number;
  /** Fewer bytes at the end; valid until the next call. */
  at(offset: number, length: number): Uint8Array;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/**
 * The parts as one frame, followed by so many bytes of zero. Throws RangeError where they are too
 * large together.
 */
export function encodeFrame(
  number: number,
  parts: readonly Uint8Array[],
  zeros = 0,
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > MAX_PAYLOAD_BYTES) throw new RangeError(`A frame of ${length} bytes is too large`);
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + length + zeros);
  const view = viewOf(bytes);
  view.setUint32(0, length);
  view.setBigUint64(8, BigInt(number));
  let offset = FRAME_HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  view.setUint32(4, checksum(bytes.subarray(0, offset)));
  return bytes;
}

function checksum(frame: Uint8Array): number {
  return crc32c(frame.subarray(8), crc32c(frame.subarray(0, 4)));
}

/** The frame at an offset; null where there is none that is whole. */
export function readFrame(source: ByteSource, offset: number): Frame | null {
  const header = source.at(offset, FRAME_HEADER_BYTES);
  if (header.length < FRAME_HEADER_BYTES) return null;
  const length = viewOf(header).getUint32(0);
  if (length > MAX_PAYLOAD_BYTES || offset + FRAME_HEADER_BYTES + length > source.bytes) {
    return null;
  }
  const number = viewOf(header).getBigUint64(8);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const frame = source.at(offset, FRAME_HEADER_BYTES + length);
  if (frame.length < FRAME_HEADER_BYTES + length) return null;
  if (viewOf(frame).getUint32(4) !== checksum(frame)) return null;
  return { number: Number(number), payload: frame.subarray(FRAME_HEADER_BYTES) };
}

/**
 * Looks from an offset on, byte by byte, for a whole frame whose number is higher than `after`: the
 * sign that what stands before it was once complete. null where there is none.
 */
export function findFrame(
  source: ByteSource,
  from: number,
  after: number,
): { readonly offset: number } | null {
  for (let offset = from; offset + FRAME_HEADER_BYTES <= source.bytes; offset++) {
    const header = viewOf(source.at(offset, FRAME_HEADER_BYTES));
    const number = header.getUint32(8) * 2 ** 32 + header.getUint32(12);
    // Cheap, and leaves one place in billions: the checksum is for those.
    if (number <= after || number > after + PLAUSIBLE_STEP) continue;
    if (readFrame(source, offset) !== null) return { offset };
  }
  return null;
}

/** How far on the next whole frame of a file may be numbered. */
const PLAUSIBLE_STEP = 2 ** 32;
