import { type Disk, DiskError } from "../../platform/disk.ts";
import type { ProcessIdentity, ProcessRegister } from "../../platform/process_identity.ts";
import { DirectoryInUseError } from "./directory_problem.ts";
import { UNFINISHED } from "./file_names.ts";

// Every process that wants a directory puts a file of its own there, under a name that nobody has had,
// and then looks who else has one. Whoever finds another that is alive takes its own away again. Of two
// processes, the one whose file came second sees the first's, so at most one of them stays; and the file
// of a process that has ended can be removed by anybody, since no other will ever have its name.
//
// Two that begin at the same moment may see each other, and both withdraw; so each tries again after a
// while of its own.

const PREFIX = "lock.";
const MAX_LOCK_BYTES = 4096;

/** Tries before the directory counts as taken. */
const ATTEMPTS = 5;

/** ms, at most and on average twice that at least, that a process waits before it tries again. */
const PAUSE_MS = 40;

/** What taking a directory needs. */
export interface LockEnvironment {
  readonly disk: Disk;
  readonly processes: ProcessRegister;
  /** A fresh name. */
  id(): string;
  /** Uniform in [0, 1). */
  random(): number;
  sleep(ms: number): Promise<void>;
}

/** A directory that this process, and no other, works in. */
export class DirectoryLock {
  readonly #disk: Disk;
  readonly #path: string;

  private constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** Rejects with DirectoryInUseError, or with DiskError. */
  static async take(environment: LockEnvironment, directory: string): Promise<DirectoryLock> {
    const { disk, processes } = environment;
    const self = processes.self();
    await removeUnfinished(environment, directory);
    for (let attempt = 1;; attempt++) {
      const name = `${PREFIX}${self.pid}.${environment.id()}`;
      await publish(disk, directory, name, self);
      const other = await findOther(environment, directory, name);
      if (other === null) return new DirectoryLock(disk, `${directory}/${name}`);
      await disk.remove(`${directory}/${name}`);
      if (attempt === ATTEMPTS) throw new DirectoryInUseError(directory, other.pid);
      await environment.sleep(PAUSE_MS * (0.5 + environment.random()));
    }
  }

  /** Leaves the directory to others. */
  async release(): Promise<void> {
    await this.#disk.remove(this.#path);
  }
}

/** The process that holds a directory; null where none does. Changes nothing. */
export async function lockHolder(
  disk: Disk,
  processes: ProcessRegister,
  directory: string,
): Promise<ProcessIdentity | null> {
  for (const name of await lockNames(disk, directory)) {
    const holder = readLock(disk, `${directory}/${name}`);
    if (holder !== null && processes.isAlive(holder)) return holder;
  }
  return null;
}

/** The file is whole from the moment it can be seen. */
async function publish(
  disk: Disk,
  directory: string,
  name: string,
  self: ProcessIdentity,
): Promise<void> {
  const path = `${directory}/${name}`;
  const file = await disk.create(`${path}${UNFINISHED}`);
  try {
    await file.write(0, new TextEncoder().encode(`${JSON.stringify(self)}\n`));
  } finally {
    await file.close();
  }
  await disk.rename(`${path}${UNFINISHED}`, path);
}

async function findOther(
  { disk, processes }: LockEnvironment,
  directory: string,
  own: string,
): Promise<ProcessIdentity | null> {
  for (const name of await lockNames(disk, directory)) {
    if (name === own) continue;
    const path = `${directory}/${name}`;
    const other = readLock(disk, path);
    if (other !== null && processes.isAlive(other)) return other;
    await disk.remove(path);
  }
  return null;
}

async function lockNames(disk: Disk, directory: string): Promise<string[]> {
  const names = await disk.list(directory);
  return names.filter((name) => name.startsWith(PREFIX) && !name.endsWith(UNFINISHED));
}

/** Removes what processes have left that ended before their file had its name. */
async function removeUnfinished(
  { disk, processes }: LockEnvironment,
  directory: string,
): Promise<void> {
  for (const name of await disk.list(directory)) {
    if (!name.startsWith(PREFIX) || !name.endsWith(UNFINISHED)) continue;
    const pid = Number(name.slice(PREFIX.length).split(".")[0]);
    if (!processes.isAlive({ pid, started: "" })) await disk.remove(`${directory}/${name}`);
  }
}

/** null where the file has gone meanwhile, or was cut by a loss of power: its process has ended. */
function readLock(disk: Disk, path: string): ProcessIdentity | null {
  try {
    const reader = disk.read(path);
    try {
      return parse(new TextDecoder().decode(reader.read(0, MAX_LOCK_BYTES)));
    } finally {
      reader.close();
    }
  } catch (error) {
    if (error instanceof DiskError && error.failure === "missing") return null;
    throw error;
  }
}

function parse(text: string): ProcessIdentity | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { pid, started } = value as Record<string, unknown>;
  return typeof pid === "number" && typeof started === "string" ? { pid, started } : null;
}
