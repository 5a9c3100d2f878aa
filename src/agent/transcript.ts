import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** The log of one run. */
export interface Transcript {
  /** Adds to the log; never throws. After the first failure it drops what it is given. */
  write(chunk: Uint8Array): Promise<void>;
  /** What went wrong with the log, in one sentence; null while nothing has. */
  problem(): string | null;
  close(): Promise<void>;
}

/**
 * Opens the log of a run: mode 0600, in a directory made with 0700. A full disk, a read-only home or a
 * directory in the way costs the log and nothing else: the run goes on, and `problem` tells.
 */
export async function openTranscript(path: string): Promise<Transcript> {
  let problem: string | null = null;
  const failed = (error: unknown) => {
    problem ??= `Cannot write the log "${path}": ${messageOf(error)}`;
  };
  const file = await create(path).catch(failed);
  return {
    async write(chunk) {
      if (file === undefined || problem !== null) return;
      await file.appendFile(chunk).catch(failed);
    },
    problem: () => problem,
    async close() {
      await file?.close().catch(failed);
    },
  };
}

async function create(path: string) {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return await open(path, "a", 0o600);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
