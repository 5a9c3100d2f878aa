import type { FencingToken, TaskId } from "../domain/ids.ts";
import type { Task } from "../domain/task.ts";

/** A claim that a run stands on. */
export interface RunningClaim {
  /** Aborted when the claim turns out to be lost. */
  readonly lost: AbortSignal;
  /** The claim turned out to be lost. */
  lose(): void;
  /** The run is over. */
  end(): void;
}

interface Held {
  readonly id: TaskId;
  readonly token: FencingToken;
  readonly lost: AbortController;
}

/**
 * The claims of the runs in progress: a run goes on only while its claim is still the same. A task may be
 * there twice, where it was given up and claimed anew before the first run of it knew.
 */
export class Running {
  readonly #held = new Set<Held>();

  /** Notes a claim until its run is over. */
  add(id: TaskId, token: FencingToken): RunningClaim {
    const held: Held = { id, token, lost: new AbortController() };
    this.#held.add(held);
    return {
      lost: held.lost.signal,
      lose: () => held.lost.abort(),
      end: () => void this.#held.delete(held),
    };
  }

  /** After a reconnect: asks for each claim whether it stands, and stops the runs of those lost. */
  async check(read: (id: TaskId) => Promise<Task>): Promise<void> {
    await Promise.all([...this.#held].map(async ({ id, token, lost }) => {
      const task = await read(id).catch(() => null);
      if (task !== null && task.claim?.token !== token) lost.abort();
    }));
  }
}
