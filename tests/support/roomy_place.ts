import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const MEMORY = "/dev/shm";
const ROOM_BYTES = 2 * 1024 ** 3;

/**
 * Where directories are made whose files need not outlive the machine: in memory where there is enough
 * of it, since a disk that is busy takes minutes for very many files, and milliseconds for each sync.
 */
export function roomyPlace(): string {
  const room = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 };
  return room.bavail * room.bsize < ROOM_BYTES ? tmpdir() : MEMORY;
}
