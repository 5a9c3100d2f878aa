import type { HookPoint } from "../domain/hook.ts";
import { terminalText } from "../domain/terminal_text.ts";
import type { Clock } from "../platform/clock.ts";
import type { Files } from "../platform/files.ts";
import type { HookRun } from "./run_hook.ts";

/** Bytes after which a log is put aside, and a new one begun. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** What the hooks of one member print, in one file: a line for each run, then the end of its output. */
export class HookLog {
  readonly path: string;
  readonly #files: Files;
  readonly #clock: Clock;

  constructor(path: string, files: Files, clock: Clock) {
    this.path = path;
    this.#files = files;
    this.#clock = clock;
  }

  /** Adds a run; why it could not, or null. A log that has grown too long is kept as `{path}.1`. */
  add(point: HookPoint, eventId: string, run: HookRun): string | null {
    const time = new Date(this.#clock.now()).toISOString();
    const status = run.exitCode ?? run.signal ?? run.problem ?? "";
    const left = run.outputBytes - new TextEncoder().encode(run.output).length;
    const cut = left > 0 ? `[the first ${left} bytes are left out]\n` : "";
    const output = terminalText(run.output);
    const end = output === "" || output.endsWith("\n") ? "" : "\n";
    const line = `${time} ${point} ${eventId} ${run.outcome} ${status} ${run.durationMs} ms\n`;
    try {
      const bytes = this.#files.status(this.path)?.bytes ?? 0;
      if (bytes > MAX_LOG_BYTES) this.#files.rename(this.path, `${this.path}.1`);
      this.#files.append(this.path, `${line}${cut}${output}${end}`, 0o600);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
