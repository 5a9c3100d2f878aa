/** Bytes of the first slab: enough for a one-shot command, cheap to allocate. */
const FIRST_SLAB = 1_024;
/** Bytes up to which slabs double; a packet that needs more gets a slab of its own size. */
const LARGEST_SLAB = 65_536;

const encoder = new TextEncoder();

/**
 * Writes jute records (big-endian, as `BinaryOutputArchive` does) one after the other into slabs.
 * `take` hands out what was written since the last `take`, for one write to the socket; the bytes
 * handed out are never written to again, because the socket may still hold them.
 */
export class Writer {
  #bytes = new Uint8Array(FIRST_SLAB);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #offset = 0;

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#offset - this.#start;
  }

  int(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#offset, value);
    this.#offset += 4;
  }

  /** As a number, it must be an integer that a double can hold; that is the faster way. */
  long(value: bigint | number): void {
    if (typeof value === "number") return this.longNumber(value);
    this.#reserve(8);
    this.#view.setBigInt64(this.#offset, value);
    this.#offset += 8;
  }

  /** A 64-bit integer that a double can hold, such as a time in ms. */
  longNumber(value: number): void {
    const high = Math.floor(value / 0x1_0000_0000);
    this.#reserve(8);
    this.#view.setInt32(this.#offset, high);
    this.#view.setUint32(this.#offset + 4, value - high * 0x1_0000_0000);
    this.#offset += 8;
  }

  bool(value: boolean): void {
    this.#reserve(1);
    this.#bytes[this.#offset++] = value ? 1 : 0;
  }

  /** Length and bytes; null has length -1. */
  buffer(value: Uint8Array | null): void {
    if (value === null) return this.int(-1);
    this.#reserve(4 + value.length);
    this.#view.setInt32(this.#offset, value.length);
    this.#bytes.set(value, this.#offset + 4);
    this.#offset += 4 + value.length;
  }

  /** UTF-8, with its length in bytes before it. */
  string(value: string): void {
    this.#reserve(4 + value.length * 3);
    const start = this.#offset + 4;
    const end = this.#ascii(value, start) ??
      start + encoder.encodeInto(value, this.#bytes.subarray(start)).written;
    this.#view.setInt32(this.#offset, end - start);
    this.#offset = end;
  }

  /** Count, then the items. */
  vector<T>(items: readonly T[], write: (writer: Writer, item: T) => void): void {
    this.int(items.length);
    for (const item of items) write(this, item);
  }

  /** Leaves room for the length of a frame; its result goes to `endFrame` or `rewind`. */
  beginFrame(): number {
    const frame = this.length;
    this.#reserve(4);
    this.#offset += 4;
    return frame;
  }

  /** Bytes of a frame that was begun, without its length field. */
  frameLength(frame: number): number {
    return this.length - frame - 4;
  }

  endFrame(frame: number): void {
    this.#view.setInt32(this.#start + frame, this.frameLength(frame));
  }

  /** Forgets a frame that was begun. */
  rewind(frame: number): void {
    this.#offset = this.#start + frame;
  }

  /** What was written since the last `take`. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#start, this.#offset);
    this.#start = this.#offset;
    return taken;
  }

  /** Writes short ASCII text, which most paths are; null (nothing written) for any other. */
  #ascii(value: string, start: number): number | null {
    if (value.length > 128) return null;
    const bytes = this.#bytes;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) return null;
      bytes[start + i] = unit;
    }
    return start + value.length;
  }

  #reserve(size: number): void {
    if (this.#offset + size > this.#bytes.length) this.#grow(size);
  }

  #grow(size: number): void {
    const pending = this.#bytes.subarray(this.#start, this.#offset);
    const doubled = Math.min(this.#bytes.length * 2, LARGEST_SLAB);
    const next = new Uint8Array(Math.max(doubled, (pending.length + size) * 2));
    next.set(pending);
    this.#bytes = next;
    this.#view = new DataView(next.buffer);
    this.#start = 0;
    this.#offset = pending.length;
  }
}
