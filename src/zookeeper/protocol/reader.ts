const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const NO_BYTES = new Uint8Array(0);

/** A record that ends before its fields do, or a length that cannot be: the stream is corrupt. */
export class MalformedRecordError extends Error {
  override readonly name = "MalformedRecordError";
}

/** Reads jute records (big-endian, as `BinaryInputArchive` does) out of one frame. */
export class Reader {
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);
  #offset = 0;
  #end = 0;

  constructor(bytes?: Uint8Array) {
    if (bytes) this.reset(bytes, 0, bytes.length);
  }

  /** Turns to another frame: `bytes` from `start` up to `end`. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.#offset = start;
    this.#end = end;
  }

  /** Bytes left in the frame. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  int(): number {
    return this.#view.getInt32(this.#skip(4));
  }

  long(): bigint {
    return this.#view.getBigInt64(this.#skip(8));
  }

  /** A 64-bit integer that a double can hold, such as a time in ms. */
  longNumber(): number {
    const offset = this.#skip(8);
    return this.#view.getInt32(offset) * 0x1_0000_0000 + this.#view.getUint32(offset + 4);
  }

  bool(): boolean {
    return this.#view.getUint8(this.#skip(1)) !== 0;
  }

  /** A copy, so that a few bytes kept by the caller do not keep the whole chunk; null for -1. */
  buffer(): Uint8Array | null {
    const length = this.int();
    if (length === -1) return null;
    const start = this.#skip(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  /** UTF-8; what the server sends as null reads as empty. */
  string(): string {
    const length = this.int();
    if (length === -1) return "";
    const start = this.#skip(length);
    return this.#ascii(start, length) ??
      decoder.decode(this.#bytes.subarray(start, start + length));
  }

  /** Count, then the items; what the server sends as null reads as empty. */
  vector<T>(read: (reader: Reader) => T): T[] {
    const count = this.int();
    // Each item takes a byte at least, so a count beyond that is a lie that would eat memory.
    if (count > this.remaining) throw new MalformedRecordError(`Vector of ${count} items`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(this));
    return items;
  }

  /** Short ASCII text, which most names are, without a call into the decoder; null for other. */
  #ascii(start: number, length: number): string | null {
    if (length > 32) return null;
    const bytes = this.#bytes;
    let text = "";
    for (let i = start; i < start + length; i++) {
      const unit = bytes[i] ?? 128;
      if (unit > 127) return null;
      text += String.fromCharCode(unit);
    }
    return text;
  }

  #skip(size: number): number {
    const offset = this.#offset;
    if (size < 0 || offset + size > this.#end) {
      throw new MalformedRecordError(`Field of ${size} bytes where ${this.remaining} are left`);
    }
    this.#offset = offset + size;
    return offset;
  }
}
