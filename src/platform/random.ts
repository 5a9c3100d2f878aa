/** Randomness, passed in so that a run can be replayed from a seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A fresh name of 128 bits, as 32 lower-case hexadecimal digits. */
  id(): string;
}
