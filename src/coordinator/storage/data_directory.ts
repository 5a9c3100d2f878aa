import type { Disk } from "../../platform/disk.ts";
import { ForeignDirectoryError } from "./directory_problem.ts";

/**
 * Makes a data directory, or sees that the one that is there is this user's own: whoever owns it reads
 * and changes all that the teams keep. Rejects with ForeignDirectoryError or DiskError.
 */
export async function claimDirectory(disk: Disk, directory: string): Promise<void> {
  const before = await disk.status(directory);
  if (before === null) await disk.makeDirectory(directory);
  const status = before ?? await disk.status(directory);
  if (status?.kind !== "directory") {
    throw new ForeignDirectoryError(`"${directory}" is no directory`);
  }
  if (status.uid !== disk.uid) {
    throw new ForeignDirectoryError(
      `The data directory "${directory}" belongs to user ${status.uid}, and this is ${disk.uid}`,
    );
  }
}
