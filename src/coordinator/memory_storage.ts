import type { Recovered, Storage } from "./storage.ts";

/**
 * A storage that lasts as long as the process: for tests and simulations. Commits resolve at once. A
 * second coordinator may recover from it when the first has ended, as after a restart.
 */
export class MemoryStorage implements Storage {
  #snapshot: Uint8Array[] | null = null;
  #records: Uint8Array[] = [];
  #logBytes = 0;

  get logBytes(): number {
    return this.#logBytes;
  }

  recover(): Promise<Recovered> {
    return Promise.resolve({ snapshot: this.#snapshot, records: this.#records });
  }

  commit(records: readonly Uint8Array[]): Promise<void> {
    for (const record of records) {
      this.#records.push(record);
      this.#logBytes += record.length;
    }
    return Promise.resolve();
  }

  async snapshot(chunks: Iterable<Uint8Array>): Promise<void> {
    const covered = this.#records.length;
    const taken: Uint8Array[] = [];
    for (const chunk of chunks) {
      taken.push(chunk);
      await Promise.resolve();
    }
    this.#snapshot = taken;
    this.#records = this.#records.slice(covered);
    this.#logBytes = this.#records.reduce((sum, record) => sum + record.length, 0);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
