import type { FencingToken, TaskId } from "../domain/ids.ts";
import type { Task } from "../domain/task.ts";

/** A claim that a run stands on. */
interface Held {
  readonly token: FencingToken;
  readonly lost: AbortController;
}

/** The claims of the runs in progress: a run goes on only while its claim is still the same. */
export class Running {
  readonly #held = new Map<TaskId, Held>();

  /** Notes a claim; the signal is aborted when it turns out to be lost. */
  add(id: TaskId, token: FencingToken): AbortSignal {
    const lost = new AbortController();
    this.#held.set(id, { token, lost });
    return lost.signal;
  }

  /** A claim turned out to be lost. */
  lose(id: TaskId): void {
    this.#held.get(id)?.lost.abort();
  }

  remove(id: TaskId): void {
    this.#held.delete(id);
  }

  has(id: TaskId): boolean {
    return this.#held.has(id);
  }

  /** After a reconnect: asks for each claim whether it stands, and stops the runs of those lost. */
  async check(read: (id: TaskId) => Promise<Task>): Promise<void> {
    await Promise.all([...this.#held].map(async ([id, { token, lost }]) => {
      const task = await read(id).catch(() => null);
      if (task !== null && task.claim?.token !== token) lost.abort();
    }));
  }
}
