/** A whole line without its end, or the size in bytes of one that was too long and dropped. */
export type Line =
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "oversized"; readonly bytes: number };

const NEWLINE = 0x0a;

/**
 * Cuts a byte stream into lines, whatever the chunks: a character may be split between two of them.
 * Holds at most `maxBytes` of an unfinished line; the rest of a longer one is passed over.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, at));
      lines.push(this.#take());
      start = at + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** The last line, where the stream ended without a newline. */
  end(): Line[] {
    return this.#bytes === 0 ? [] : [this.#take()];
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    if (this.#bytes > this.#maxBytes) this.#parts = [];
    else this.#parts.push(bytes);
  }

  #take(): Line {
    const bytes = this.#bytes;
    const parts = this.#parts;
    this.#bytes = 0;
    this.#parts = [];
    if (bytes > this.#maxBytes) return { type: "oversized", bytes };
    const text = parts.length === 1 ? this.#decoder.decode(parts[0]) : this.#join(parts, bytes);
    return { type: "line", text: text.endsWith("\r") ? text.slice(0, -1) : text };
  }

  #join(parts: readonly Uint8Array[], bytes: number): string {
    const whole = new Uint8Array(bytes);
    let offset = 0;
    for (const part of parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return this.#decoder.decode(whole);
  }
}
