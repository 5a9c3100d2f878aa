import { dirname, join } from "node:path";
import * as z from "zod";
import type { TaskId } from "../domain/ids.ts";
import type { Files } from "../platform/files.ts";

/** A conversation that can be gone on with, on this machine and in this directory only. */
export const KeptSession = z.object({
  v: z.literal(1),
  session_id: z.string().min(1),
  /** USD, of the whole conversation so far: all of it has been billed. */
  cost_usd: z.number().nonnegative(),
  work_dir: z.string(),
});
export type KeptSession = z.infer<typeof KeptSession>;

/**
 * Remembers for each task the conversation of its last run. What cannot be written or read is only
 * forgotten: the next run then starts anew.
 */
export class SessionStore {
  readonly #directory: string;
  readonly #files: Files;

  constructor(cacheDir: string, files: Files) {
    this.#directory = join(cacheDir, "conversations");
    this.#files = files;
  }

  get(task: TaskId, workDir: string): KeptSession | null {
    try {
      const text = this.#files.read(this.#path(task));
      const parsed = KeptSession.safeParse(JSON.parse(text ?? "null"));
      return parsed.success && parsed.data.work_dir === workDir ? parsed.data : null;
    } catch {
      return null;
    }
  }

  keep(task: TaskId, session: Omit<KeptSession, "v">): void {
    try {
      this.#files.makeDirectory(dirname(this.#path(task)), 0o700);
      this.#files.replace(this.#path(task), JSON.stringify({ v: 1, ...session }), 0o600);
    } catch {
      this.forget(task);
    }
  }

  forget(task: TaskId): void {
    try {
      this.#files.remove(this.#path(task));
    } catch {
      // Then it is resumed once more, and found to be of no use.
    }
  }

  #path(task: TaskId): string {
    return join(this.#directory, `${task}.json`);
  }
}
