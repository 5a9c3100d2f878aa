import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory of the running test's own, removed when it ends, with the given files in it. */
export function temporaryDirectory(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "orchestrator-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const MEMORY = "/dev/shm";
const ROOM_BYTES = 2 * 1024 ** 3;
const REMOVAL_MS = 180_000;

/** The same for very many files: in memory where there is enough, since a disk may take minutes. */
export function roomyDirectory(): string {
  const room = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 };
  const parent = room.bavail * room.bsize < ROOM_BYTES ? tmpdir() : MEMORY;
  const directory = mkdtempSync(join(parent, "orchestrator-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }), REMOVAL_MS);
  return directory;
}
