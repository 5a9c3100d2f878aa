import type { Clock, Timer } from "../environment.ts";
import { ZooKeeperError, type ZooKeeperErrorCode } from "../errors.ts";

/** The wait for a first session, with its deadline. */
export class Opening {
  readonly settled: Promise<void>;
  readonly #timer: Timer;
  #resolve = (): void => {};
  #reject = (_error: ZooKeeperError): void => {};

  /** Calls `tooLate` after `timeoutMs`, unless it has succeeded or failed by then. */
  constructor(clock: Clock, timeoutMs: number, tooLate: () => void) {
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = clock.timer(timeoutMs, tooLate);
  }

  succeed(): void {
    this.#timer.cancel();
    this.#resolve();
  }

  fail(code: ZooKeeperErrorCode, why: string, cause: Error | undefined): void {
    this.#timer.cancel();
    this.#reject(new ZooKeeperError(code, why, { outcome: "not_sent", cause }));
  }
}
