/** What a loss of power leaves of what was not synced: nothing, all, or some of it by chance. */
export type Survival = "synced" | "everything" | { readonly random: () => number };

/** A change of a file that was not synced. */
type Change =
  | { readonly offset: number; readonly bytes: Uint8Array }
  | { readonly length: number };

/** The bytes of a file of `FaultyDisk`: as they are, and as they were when they were last synced. */
export class SimulatedContent {
  current: Uint8Array;
  #durable: Uint8Array;
  #changes: Change[] = [];

  /** The bytes count as synced. */
  constructor(bytes: Uint8Array) {
    this.current = bytes;
    this.#durable = bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#change({ offset, bytes });
  }

  truncate(length: number): void {
    this.#change({ length });
  }

  sync(): void {
    this.#durable = this.current;
    this.#changes = [];
  }

  /**
   * What is found after a crash. By chance: each change since the last sync is there, is missing, or is
   * there up to some byte; a system may write them in any order.
   */
  afterCrash(survival: Survival): Uint8Array {
    if (survival === "synced") return this.#durable;
    if (survival === "everything") return this.current;
    const { random } = survival;
    return this.#changes.reduce<Uint8Array>((bytes, change) => {
      const chance = random();
      if (chance < 1 / 3) return bytes;
      if (chance < 2 / 3 || !("bytes" in change)) return applied(bytes, change);
      const length = Math.floor(random() * change.bytes.length);
      return applied(bytes, { ...change, bytes: change.bytes.subarray(0, length) });
    }, this.#durable);
  }

  #change(change: Change): void {
    this.current = applied(this.current, change);
    this.#changes.push(change);
  }
}

/** A copy, changed. What lies between the end and a write beyond it is zero. */
function applied(bytes: Uint8Array, change: Change): Uint8Array {
  const length = "length" in change
    ? change.length
    : Math.max(bytes.length, change.offset + change.bytes.length);
  const changed = new Uint8Array(length);
  changed.set(bytes.subarray(0, length));
  if ("bytes" in change) changed.set(change.bytes, change.offset);
  return changed;
}
