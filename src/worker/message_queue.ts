import type { InstanceId, MessageId } from "../domain/ids.ts";
import type { Message } from "../domain/message.ts";
import type { Clock } from "../platform/clock.ts";
import type { WorkerTeam } from "./ports.ts";

/** The messages that wait for a free hand, oldest first. */
export class MessageQueue {
  readonly #clock: Clock;
  readonly #waiting: Message[] = [];
  readonly #wakers = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in what is in the inbox and what arrives, until the signal is aborted. */
  async follow(
    inbox: WorkerTeam["inbox"],
    owner: InstanceId,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const message of inbox.follow(owner, signal)) this.#add(message);
  }

  take(): Message | undefined {
    return this.#waiting.shift();
  }

  /** Puts a message back in its place, `ms` from now. */
  putBack(message: Message, ms: number): void {
    this.#clock.timer(ms, () => this.#add(message));
  }

  /** Resolves when there is something to take, or the signal is aborted. */
  arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.length > 0 || signal.aborted) return resolve();
      const wake = () => {
        this.#wakers.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  #add(message: Message): void {
    if (this.#waiting.some(({ id }) => id === message.id)) return;
    const at = this.#waiting.findIndex(({ id }) => isAfter(id, message.id));
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, message);
    for (const wake of [...this.#wakers]) wake();
  }
}

function isAfter(one: MessageId, other: MessageId): boolean {
  return one > other;
}
