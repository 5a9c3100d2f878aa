import { FILE_HEADER_BYTES, headerProblem } from "./file_header.ts";
import type { FileKind } from "./file_names.ts";
import { type ByteSource, findFrame, FRAME_HEADER_BYTES, readFrame } from "./frame.ts";

/**
 * How the bytes of a file end. `whole`: nothing but room made in advance follows the last frame. `cut`:
 * what follows was never complete. `damaged`: what follows was complete once, since whole frames come
 * after it. `foreign`: this program does not know the format.
 */
export type FileEnd =
  | { readonly kind: "whole"; readonly isClosed: boolean }
  | { readonly kind: "cut" }
  | { readonly kind: "damaged" | "foreign"; readonly reason: string };

/** What a file holds. */
export interface Scan {
  /** Number of the last whole frame; one less than the first where there is none. */
  readonly last: number;
  /** Where the whole frames end, in bytes from the start. */
  readonly offset: number;
  readonly end: FileEnd;
}

/**
 * Reads a file of frames from its header on, those after it being numbered from `first`, and gives
 * each payload to `visit`, if asked to, with the number of its frame and where it ends.
 */
export function scan(
  source: ByteSource,
  kind: FileKind,
  number: number,
  first: number,
  visit?: (number: number, end: number) => void,
): Scan {
  const problem = headerProblem(source, kind, number);
  if (problem !== null) {
    const nothing = { last: first - 1, offset: 0 };
    if (problem.kind === "broken") return { ...nothing, end: endAt(source, 0, first - 1) };
    const kind = problem.kind === "foreign" ? "foreign" : "damaged";
    return { ...nothing, end: { kind, reason: problem.reason } };
  }
  let offset = FILE_HEADER_BYTES;
  for (let expected = first;; expected++) {
    const at = { last: expected - 1, offset };
    const frame = readFrame(source, offset);
    if (frame === null) return { ...at, end: endAt(source, offset, expected) };
    if (frame.number !== expected) {
      const reason = `group ${frame.number} stands where group ${expected} should`;
      return { ...at, end: { kind: "damaged", reason } };
    }
    offset += FRAME_HEADER_BYTES + frame.payload.length;
    if (frame.payload.length === 0) return { ...at, end: endAfterMark(source, offset, expected) };
    visit?.(expected, offset);
  }
}

function endAfterMark(source: ByteSource, offset: number, number: number): FileEnd {
  const end = endAt(source, offset, number);
  return end.kind === "whole" ? { kind: "whole", isClosed: true } : end;
}

/** What the bytes from an offset on are, where no whole frame begins. */
function endAt(source: ByteSource, offset: number, expected: number): FileEnd {
  if (isZero(source, offset) && offset > 0) return { kind: "whole", isClosed: false };
  const later = findFrame(source, offset, expected);
  return later === null ? { kind: "cut" } : {
    kind: "damaged",
    reason: `these bytes were changed, since a whole group follows at byte ${later.offset}`,
  };
}

const STEP_BYTES = 64 * 1024;

function isZero(source: ByteSource, from: number): boolean {
  for (let offset = from; offset < source.bytes; offset += STEP_BYTES) {
    if (source.at(offset, STEP_BYTES).some((byte) => byte !== 0)) return false;
  }
  return true;
}

/** The payloads of the frames between two offsets of a file that was scanned. */
export function* payloads(
  source: ByteSource,
  from: number,
  end: number,
): Generator<Uint8Array, void> {
  for (let offset = from; offset < end;) {
    const frame = readFrame(source, offset);
    // It was whole a moment ago.
    if (frame === null) {
      throw new Error(`The frame at byte ${offset} has changed while it was read`);
    }
    yield frame.payload;
    offset += FRAME_HEADER_BYTES + frame.payload.length;
  }
}
