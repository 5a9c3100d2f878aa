/** A frame whose length is negative or over the limit: the stream is corrupt or not ZooKeeper's. */
export class FrameLengthError extends Error {
  override readonly name = "FrameLengthError";
  /** What stood where the length should: as four letters, it may be a command to a server. */
  readonly length: number;

  constructor(length: number, limit: number) {
    super(`Frame of ${length} bytes where at most ${limit} are accepted`);
    this.length = length;
  }
}

/** Bytes for which room is made before they have come: a length alone must not cost memory. */
const FIRST_ROOM = 65_536;

/** Takes a frame, which is `bytes` from `start` up to `end`, length field excluded. */
export type FrameListener = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Cuts a byte stream into frames (a 32-bit big-endian length, then as many bytes). A frame that lies
 * in one chunk is passed on where it lies; of one that does not, each byte is copied
 * once or twice.
 */
export class FrameParser {
  readonly #limit: number;
  readonly #listener: FrameListener;
  readonly #head = new Uint8Array(4);
  #headFilled = 0;
  #body: Uint8Array | null = null;
  #bodyLength = 0;
  #bodyFilled = 0;

  constructor(limit: number, listener: FrameListener) {
    this.#limit = limit;
    this.#listener = listener;
  }

  /** Bytes held of a frame that has not come whole. */
  get held(): number {
    return this.#body?.length ?? 0;
  }

  /** Throws `FrameLengthError`; nothing more may be pushed after that. */
  push(chunk: Uint8Array): void {
    let offset = this.#headFilled > 0 ? this.#resume(chunk) : 0;
    while (offset + 4 <= chunk.length) {
      const end = offset + 4 + this.#lengthAt(chunk, offset);
      if (end > chunk.length) break;
      this.#listener(chunk, offset + 4, end);
      offset = end;
    }
    if (offset < chunk.length) this.#keep(chunk, offset);
  }

  /** Goes on with the frame that the last chunk left open; returns where it ends in this one. */
  #resume(chunk: Uint8Array): number {
    let offset = 0;
    while (this.#headFilled < 4) {
      const byte = chunk[offset];
      if (byte === undefined) return offset;
      this.#head[this.#headFilled++] = byte;
      offset++;
    }
    if (this.#body === null) this.#begin();
    const part = chunk.subarray(offset, offset + this.#bodyLength - this.#bodyFilled);
    const body = this.#fill(part);
    if (this.#bodyFilled === this.#bodyLength) {
      this.#headFilled = 0;
      this.#body = null;
      this.#listener(body, 0, this.#bodyLength);
    }
    return offset + part.length;
  }

  #begin(): void {
    this.#bodyLength = this.#lengthAt(this.#head, 0);
    this.#body = new Uint8Array(Math.min(this.#bodyLength, FIRST_ROOM));
    this.#bodyFilled = 0;
  }

  #fill(part: Uint8Array): Uint8Array {
    let body = this.#body ?? new Uint8Array(0);
    const filled = this.#bodyFilled + part.length;
    if (filled > body.length) {
      const roomier = new Uint8Array(Math.min(this.#bodyLength, Math.max(filled, body.length * 2)));
      roomier.set(body.subarray(0, this.#bodyFilled));
      body = roomier;
    }
    body.set(part, this.#bodyFilled);
    this.#bodyFilled = filled;
    this.#body = body;
    return body;
  }

  /** Stores the start of a frame, which is all that the chunk has after `offset`. */
  #keep(chunk: Uint8Array, offset: number): void {
    this.#headFilled = Math.min(4, chunk.length - offset);
    this.#head.set(chunk.subarray(offset, offset + this.#headFilled));
    if (this.#headFilled < 4) return;
    this.#begin();
    this.#fill(chunk.subarray(offset + 4));
  }

  #lengthAt(bytes: Uint8Array, offset: number): number {
    const length = ((bytes[offset] ?? 0) << 24) | ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
    if (length < 0 || length > this.#limit) throw new FrameLengthError(length, this.#limit);
    return length;
  }
}
