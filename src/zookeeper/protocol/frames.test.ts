import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../platform/simulated/seeded_random.ts";
import { FrameLengthError, FrameParser } from "./frames.ts";

const concat = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

const LIMIT = 1_000_000;

function frame(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  return bytes;
}

/** For a comparison that does not go through each byte. */
const flat = (frames: readonly Uint8Array[]) =>
  frames.map((bytes) => Buffer.from(bytes).toString("latin1")).join("|");

/** Frames that come out when a stream arrives in pieces that end at the given offsets. */
function parse(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const parser = new FrameParser(
    LIMIT,
    (bytes, start, end) => frames.push(bytes.slice(start, end)),
  );
  let from = 0;
  for (const to of [...cuts, stream.length]) {
    parser.push(stream.slice(from, to));
    from = to;
  }
  return frames;
}

describe("FrameParser", () => {
  const bodies = [0, 1, 5, 0, 3].map((length, i) => new Uint8Array(length).fill(i + 1));
  const stream = concat(bodies.map(frame));

  test("cuts a stream wherever its chunks end", () => {
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        expect(flat(parse(stream, [first, second]))).toBe(flat(bodies));
      }
    }
  });

  test("takes a byte at a time", () => {
    expect(parse(stream, [...stream.keys()])).toEqual(bodies);
  });

  test("takes random frames in random chunks", () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 50; round++) {
      const frames = Array.from(
        { length: 40 },
        (_, i) => new Uint8Array(Math.floor(random.next() ** 4 * 5_000)).fill(i),
      );
      const bytes = concat(frames.map(frame));
      const cuts = Array.from({ length: 30 }, () => Math.floor(random.next() * bytes.length));
      expect(flat(parse(bytes, cuts.sort((a, b) => a - b)))).toBe(flat(frames));
    }
  });

  test("passes on a frame that lies in one chunk without copying it", () => {
    const seen: Uint8Array[] = [];
    const parser = new FrameParser(LIMIT, (bytes) => seen.push(bytes));
    parser.push(stream);
    expect(seen.every((bytes) => bytes === stream)).toBe(true);
  });

  test("copies each byte of a large frame once, however small the chunks", () => {
    const body = new Uint8Array(900_000).fill(7);
    const bytes = frame(body);
    const frames: Uint8Array[] = [];
    const parser = new FrameParser(LIMIT, (frame) => frames.push(frame));
    const start = performance.now();
    for (let i = 0; i < bytes.length; i += 10) parser.push(bytes.subarray(i, i + 10));
    // Copying the tail at each chunk would move 40 GB.
    expect(performance.now() - start).toBeLessThan(4_000);
    expect(Buffer.compare(frames[0] ?? bytes, body)).toBe(0);
  });

  test.each(["ffffffff", "80000000", "000f4241"])("refuses the length 0x%s", (hex) => {
    const head = Buffer.from(hex, "hex");
    expect(() => parse(head, [])).toThrow(FrameLengthError);
    expect(() => parse(Buffer.concat([stream, head]), [stream.length + 2])).toThrow(
      FrameLengthError,
    );
  });
});
