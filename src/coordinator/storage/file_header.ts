import { crc32c } from "./crc32c.ts";
import type { FileKind } from "./file_names.ts";
import type { ByteSource } from "./frame.ts";

// The first bytes of every file, numbers big-endian:
//
//     0  magic     8 bytes  "coordlog" or "coordsnp"
//     8  version   4        of this format
//    12  number    8        as in the file's name
//    20  checksum  4        CRC-32C of the 20 bytes before it

export const FILE_HEADER_BYTES = 24;

/** Of the format that this program writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;

const MAGIC: Readonly<Record<FileKind, string>> = { log: "coordlog", snapshot: "coordsnp" };
const SUMMED_BYTES = 20;

/** The header of a file. */
export function encodeFileHeader(kind: FileKind, number: number): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  bytes.set(new TextEncoder().encode(MAGIC[kind]));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, FORMAT_VERSION);
  view.setBigUint64(12, BigInt(number));
  view.setUint32(SUMMED_BYTES, crc32c(bytes.subarray(0, SUMMED_BYTES)));
  return bytes;
}

/**
 * What is wrong with a header: `broken` where it was cut off or its bytes were changed; `misplaced` where
 * it belongs to another file of the same kind; `foreign` where this program does not know the format.
 */
export type HeaderProblem =
  | { readonly kind: "broken" }
  | { readonly kind: "misplaced" | "foreign"; readonly reason: string };

/** null where nothing is wrong with the header of a file. */
export function headerProblem(
  source: ByteSource,
  kind: FileKind,
  number: number,
): HeaderProblem | null {
  const bytes = source.at(0, FILE_HEADER_BYTES);
  if (bytes.length < FILE_HEADER_BYTES) return { kind: "broken" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(SUMMED_BYTES) !== crc32c(bytes.subarray(0, SUMMED_BYTES))) {
    return { kind: "broken" };
  }
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC[kind]) {
    return { kind: "foreign", reason: `it is no ${kind}` };
  }
  const version = view.getUint32(8);
  if (version !== FORMAT_VERSION) {
    const reason = `its format is ${version}, and this program knows ${FORMAT_VERSION}`;
    return { kind: "foreign", reason };
  }
  return view.getBigUint64(12) === BigInt(number)
    ? null
    : { kind: "misplaced", reason: "it belongs under another name" };
}
