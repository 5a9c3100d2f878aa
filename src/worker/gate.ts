import { type Clock, sleep } from "../platform/clock.ts";
import type { WorkerSession } from "./ports.ts";

/**
 * Whether the Worker may start something new. It may not while the connection is suspended or the
 * session is gone (what it claims then might be somebody else's already), and not while it has paused
 * itself. What is running goes on.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #session: WorkerSession;
  #shut = new AbortController();
  #pausedUntil = -Infinity;

  constructor(clock: Clock, session: WorkerSession) {
    this.#clock = clock;
    this.#session = session;
    session.onStateChange(({ state }) => {
      if (state !== "connected") this.#shutNow();
    });
  }

  /** Aborted when the gate shuts next. */
  get shut(): AbortSignal {
    return this.#shut.signal;
  }

  /** Starts nothing for `ms`; a longer pause that stands already is kept. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + ms);
    this.#shutNow();
  }

  /** Resolves when something may be started; rejects with the signal's reason. */
  async open(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const wait = this.#pausedUntil - this.#clock.monotonic();
      if (wait > 0) await sleep(this.#clock, wait, signal);
      else if (this.#session.state !== "connected") await this.connected(signal);
      else return;
    }
  }

  /** Resolves while the session stands; rejects with the signal's reason. */
  connected(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#session.state === "connected") return resolve();
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      const end = this.#session.onStateChange(({ state }) => {
        if (state !== "connected" && state !== "closed") return;
        end();
        signal.removeEventListener("abort", onAbort);
        if (state === "connected") resolve();
        else reject(new Error("The connection to ZooKeeper was closed"));
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #shutNow(): void {
    this.#shut.abort();
    this.#shut = new AbortController();
  }
}
