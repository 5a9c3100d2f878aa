import type { Recovered, Storage } from "../../src/coordinator/storage.ts";
import { type Clock, sleep } from "../../src/platform/clock.ts";
import type { Random } from "../../src/platform/random.ts";

/** ms that the disk takes for one group, at least; and how much longer at most. */
const SYNC_MS = { least: 0.2, more: 2 };

/**
 * What a coordinator has kept on its disk. It outlives the coordinator; what was not synced when that
 * died is there up to some record, by chance.
 */
export class SimulatedLog {
  readonly #random: Random;
  #snapshot: readonly Uint8Array[] | null = null;
  #records: Uint8Array[] = [];
  /** Records that are being written. */
  #unsynced: readonly Uint8Array[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** The coordinator has died in the middle of whatever it did. */
  crash(): void {
    const kept = Math.floor(this.#random.next() * (this.#unsynced.length + 1));
    this.#records.push(...this.#unsynced.slice(0, kept));
    this.#unsynced = [];
  }

  /** The storage of the next coordinator, by its clock. */
  open(clock: Clock): Storage {
    const bytes = () => this.#records.reduce((sum, { length }) => sum + length, 0);
    let logBytes = bytes();
    return {
      get logBytes() {
        return logBytes;
      },
      recover: (): Promise<Recovered> =>
        Promise.resolve({ snapshot: this.#snapshot, records: [...this.#records] }),
      commit: async (records) => {
        this.#unsynced = records;
        await sleep(clock, SYNC_MS.least + this.#random.next() * SYNC_MS.more);
        this.#records.push(...records);
        this.#unsynced = [];
        logBytes += records.reduce((sum, { length }) => sum + length, 0);
      },
      snapshot: async (chunks) => {
        const covered = this.#records.length;
        const taken: Uint8Array[] = [];
        for (const chunk of chunks) {
          taken.push(chunk);
          await sleep(clock, this.#random.next());
        }
        this.#snapshot = taken;
        this.#records = this.#records.slice(covered);
        logBytes = bytes();
      },
      close: () => Promise.resolve(),
    };
  }
}
