import type { Random } from "../random.ts";

/**
 * The same numbers for the same seed, on every runtime: xoshiro128** 1.1 (Blackman and Vigna,
 * https://prng.di.unimi.it), its state of four 32-bit words filled by splitmix32 from the seed's
 * lower 32 bits. Not for secrets.
 */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    let x = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      x = (x + 0x9e3779b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    });
  }

  /** 53 random bits as a fraction. */
  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  id(): string {
    return Array.from({ length: 4 }, () => this.#word().toString(16).padStart(8, "0")).join("");
  }

  #word(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    this.#state.set([a ^ d1, b ^ c1, c1 ^ (b << 9), rotateLeft(d1, 11)]);
    return result;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
