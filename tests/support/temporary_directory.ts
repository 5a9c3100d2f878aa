import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { roomyPlace } from "./roomy_place.ts";

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

const REMOVAL_MS = 180_000;

/** The same for very many files; see `roomyPlace`. */
export function roomyDirectory(): string {
  const directory = mkdtempSync(join(roomyPlace(), "orchestrator-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }), REMOVAL_MS);
  return directory;
}
