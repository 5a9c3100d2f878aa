import { terminalLine } from "../agent/terminal_text.ts";
import type { TaskId } from "../domain/ids.ts";
import type { Attachment } from "../coordination/registry.ts";

/** Shows the team what the Worker is busy with; with several runs at once, the latest. */
export class Presence {
  readonly #works: { taskId: TaskId | null; what: string }[] = [];
  #membership: Pick<Attachment, "update"> | null = null;

  attached(membership: Pick<Attachment, "update">): void {
    this.#membership = membership;
  }

  /** Runs in progress. */
  count(): number {
    return this.#works.length;
  }

  async during<T>(taskId: TaskId | null, what: string, work: () => Promise<T>): Promise<T> {
    const entry = { taskId, what };
    this.#works.push(entry);
    this.#tell();
    try {
      return await work();
    } finally {
      this.#works.splice(this.#works.indexOf(entry), 1);
      this.#tell();
    }
  }

  /** Not waited for: what the list shows is no reason to hold up the work. */
  #tell(): void {
    const latest = this.#works.at(-1);
    void this.#membership?.update({
      status: latest === undefined ? "idle" : "busy",
      current_task_id: latest?.taskId ?? null,
      current_work: latest === undefined ? null : terminalLine(latest.what),
    });
  }
}
