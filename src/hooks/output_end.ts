/** Bytes of a hook's output that are kept: its end. */
export const MAX_OUTPUT_BYTES = 64 * 1024;

/** The end of what a process prints, whatever it prints in all. */
export class OutputEnd {
  readonly #max: number;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #bytes = 0;

  constructor(max = MAX_OUTPUT_BYTES) {
    this.#max = max;
  }

  /** Bytes that were printed in all. */
  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk.subarray(Math.max(0, chunk.length - this.#max)));
    this.#kept += this.#chunks.at(-1)?.length ?? 0;
    for (;;) {
      const first = this.#chunks[0];
      if (first === undefined || this.#kept - first.length < this.#max) return;
      this.#chunks.shift();
      this.#kept -= first.length;
    }
  }

  /** The end as text; a character that is cut in two becomes U+FFFD. */
  text(): string {
    const all = new Uint8Array(this.#kept);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return new TextDecoder().decode(all.subarray(Math.max(0, all.length - this.#max)));
  }
}
