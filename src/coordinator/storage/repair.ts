import type { Disk } from "../../platform/disk.ts";
import { claimDirectory } from "./data_directory.ts";
import { DamagedStorageError } from "./directory_problem.ts";
import { DirectoryLock, type LockEnvironment } from "./directory_lock.ts";
import { FILE_HEADER_BYTES } from "./file_header.ts";
import { filesOf } from "./file_names.ts";
import { type Inventory, takeInventory } from "./inventory.ts";

/** What a repair has found and done. */
export interface Repair {
  /** null: the log was whole, and nothing was changed. */
  readonly damage: DamagedStorageError | null;
  /** Directory with all files as they were before; null where nothing was changed. */
  readonly copies: string | null;
  /** Bytes of the log that are no longer part of it; they are among the copies. */
  readonly bytesLost: number;
}

/**
 * Makes a damaged log whole again: it ends where the damage begins, so what is left is the state at one
 * moment in the past. All files are copied first, to a new directory below the data directory that is
 * named after `label`. The directory must not be in use (DirectoryInUseError). Rejects with
 * DamagedStorageError, and changes nothing, where no snapshot can be read and the log does not reach
 * back to its beginning, and where a file is of a format that this program does not know.
 */
export async function repair(
  environment: LockEnvironment,
  directory: string,
  label: string,
): Promise<Repair> {
  const { disk } = environment;
  await claimDirectory(disk, directory);
  const lock = await DirectoryLock.take(environment, directory);
  try {
    const inventory = await takeInventory(disk, directory);
    const { damage } = inventory;
    if (damage === null) return { damage, copies: null, bytesLost: 0 };
    const hasNoBeginning = inventory.unreadable.some(({ problem }) => problem === damage);
    if (hasNoBeginning || !damage.isRepairable) throw damage;
    const copies = `${directory}/before-repair-${label}`;
    await copyFiles(disk, directory, copies);
    return { damage, copies, bytesLost: await endLogAt(disk, directory, inventory, damage) };
  } finally {
    await lock.release();
  }
}

async function copyFiles(disk: Disk, from: string, to: string): Promise<void> {
  await disk.makeDirectory(to);
  const names = await disk.list(from);
  for (const { name } of [...filesOf("log", names), ...filesOf("snapshot", names)]) {
    await copyFile(disk, `${from}/${name}`, `${to}/${name}`);
  }
  await disk.syncDirectory(to);
  await disk.syncDirectory(from);
}

const COPIED_AT_ONCE = 1024 * 1024;

async function copyFile(disk: Disk, from: string, to: string): Promise<void> {
  const reader = disk.read(from);
  const file = await disk.create(to);
  try {
    for (let offset = 0; offset < reader.bytes; offset += COPIED_AT_ONCE) {
      await file.write(offset, reader.read(offset, COPIED_AT_ONCE));
    }
    await file.sync();
  } finally {
    reader.close();
    await file.close();
  }
}

/** Cuts the damaged file, and removes those after it; the number of bytes that are gone. */
async function endLogAt(
  disk: Disk,
  directory: string,
  { beyond }: Inventory,
  damage: DamagedStorageError,
): Promise<number> {
  let lost = 0;
  // From the end, so that a crash in between leaves no gap.
  for (const path of beyond.toReversed()) lost += await removeFile(disk, path);
  if (!beyond.includes(damage.file)) {
    lost += damage.offset < FILE_HEADER_BYTES
      ? await removeFile(disk, damage.file)
      : await cutFile(disk, damage.file, damage.offset);
  }
  await disk.syncDirectory(directory);
  return lost;
}

async function removeFile(disk: Disk, path: string): Promise<number> {
  const bytes = (await disk.status(path))?.bytes ?? 0;
  await disk.remove(path);
  return bytes;
}

async function cutFile(disk: Disk, path: string, offset: number): Promise<number> {
  const bytes = (await disk.status(path))?.bytes ?? 0;
  const file = await disk.open(path);
  try {
    await file.truncate(offset);
    await file.sync();
  } finally {
    await file.close();
  }
  return bytes - offset;
}
