import { FileStorage } from "../../src/coordinator/storage/file_storage.ts";
import type { StorageEvent } from "../../src/coordinator/storage/storage_event.ts";
import type { Disk } from "../../src/platform/disk.ts";
import type { ProcessRegister } from "../../src/platform/process_identity.ts";

/** Where the storages of these tests keep their files on a simulated disk. */
export const DIRECTORY = "/home/somebody/coordinator";

/** A text as bytes, and back: what the tests commit. */
export const bytesOf = (text: string) => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Processes that are all this one, and alive. */
export const oneProcess: ProcessRegister = {
  self: () => ({ pid: 1, started: "now" }),
  isAlive: () => true,
};

/** Processes of which each that asks is another, and none but those in the list is alive. */
export function fewProcesses(pid: number, alive: readonly number[]): ProcessRegister {
  return {
    self: () => ({ pid, started: `start of ${pid}` }),
    isAlive: (other) => alive.includes(other.pid) && other.started === `start of ${other.pid}`,
  };
}

let names = 0;

/** A storage on a disk, and what it has reported; not recovered yet. */
export function storageOn(
  disk: Disk,
  processes: ProcessRegister = fewProcesses(++names, []),
): { readonly storage: FileStorage; readonly events: StorageEvent[] } {
  const events: StorageEvent[] = [];
  const storage = new FileStorage({
    disk,
    directory: DIRECTORY,
    processes,
    id: () => String(++names),
    random: () => 0.5,
    sleep: () => Promise.resolve(),
    report: (event) => void events.push(event),
  });
  return { storage, events };
}

/** What a storage has kept, as texts. */
export interface Kept {
  readonly snapshot: readonly string[] | null;
  readonly records: readonly string[];
  readonly events: readonly StorageEvent[];
  readonly storage: FileStorage;
}

/** Starts a storage on a disk and reads all that it has kept. */
export async function restart(disk: Disk): Promise<Kept> {
  const { storage, events } = storageOn(disk);
  const { snapshot, records } = await storage.recover();
  return {
    snapshot: snapshot === null ? null : [...snapshot].map(textOf),
    records: [...records].map(textOf),
    events,
    storage,
  };
}

/** Commits each text as a group of its own. */
export async function commitEach(storage: FileStorage, texts: readonly string[]): Promise<void> {
  for (const text of texts) await storage.commit([bytesOf(text)]);
}
