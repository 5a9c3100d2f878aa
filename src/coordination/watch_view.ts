import type { Clock, Timer } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import { untilAborted } from "../platform/aborted.ts";
import { isZooKeeperError, ZooKeeperError } from "../zookeeper/errors.ts";
import type { StateChange, Watch, WatchEvent, ZooKeeper } from "../zookeeper/zookeeper.ts";
import { isLoss } from "./losses.ts";

/** What a view looks at. */
export interface WatchTarget {
  readonly path: string;
  /** The whole subtree; else the node itself and the list of its children. */
  readonly recursive?: boolean;
  /** How far below `path` one-shot watches reach on servers before 3.6. Default 1. */
  readonly levels?: number;
}

/** ms between two tries to set a watch again on a session that is lost or not there yet. */
const REARM_PAUSE_MS = 50;
/** Tries to set the first watch before the caller is told that the connection is lost. */
const OPENING_TRIES = 3;

/**
 * Says when something that was read may no longer be true. Its user reads after each `next()`; since
 * the watch stands before `next()` resolves, no change after that reading is missed. Changes between
 * two readings are told once. Reconnects and new sessions count as changes.
 *
 * Promises no list of what changed, and no order: only that one more reading is due.
 */
export class WatchView {
  readonly #zk: ZooKeeper;
  readonly #clock: Clock;
  readonly #watches: Watch[] = [];
  #oneShot: OneShotWatches | undefined;
  #due = true;
  #closed: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #unsubscribe: () => void;

  private constructor(zk: ZooKeeper, clock: Clock) {
    this.#zk = zk;
    this.#clock = clock;
    this.#unsubscribe = zk.onStateChange((change) => this.#onState(change));
  }

  /** Sets the watches. Nodes that do not exist yet can be watched. Throws `ZooKeeperError`. */
  static async open(
    zk: ZooKeeper,
    targets: readonly WatchTarget[],
    clock: Clock,
  ): Promise<WatchView> {
    const view = new WatchView(zk, clock);
    try {
      await Promise.all(targets.map((target) => view.#add(target)));
      await view.#oneShot?.arm();
      return view;
    } catch (error) {
      await view.close();
      throw error;
    }
  }

  /**
   * As `open`, for as long as connections and sessions break: who waits for what is to come may begin in
   * the middle of an outage. Rejects with the signal's reason.
   */
  static async openPatiently(
    zk: ZooKeeper,
    targets: readonly WatchTarget[],
    clock: Clock,
    signal: AbortSignal,
  ): Promise<WatchView> {
    for (;;) {
      const opening = WatchView.open(zk, targets, clock);
      try {
        return await untilAborted(opening, signal);
      } catch (error) {
        if (signal.aborted) opening.then((view) => view.close(), () => {});
        if (!isLoss(error)) throw error;
        await sleep(clock, REARM_PAUSE_MS, signal);
      }
    }
  }

  /**
   * Resolves with `changed` when a reading is due (the first time at once), or with `elapsed` after
   * `withinMs` without a change. Rejects with the signal's reason, or with a `ZooKeeperError` CLOSED
   * once the client or the view is closed. One caller at a time.
   */
  async next(
    options: { signal?: AbortSignal | undefined; withinMs?: number | undefined } = {},
  ): Promise<"changed" | "elapsed"> {
    const { signal, withinMs } = options;
    signal?.throwIfAborted();
    if (!this.#due && this.#closed === undefined) await this.#wait(signal, withinMs);
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    if (!this.#due) return "elapsed";
    this.#due = false;
    await this.#rearm(signal);
    return "changed";
  }

  /** Makes a reading due, as a change would. */
  poke(): void {
    this.#due = true;
    this.#wake?.();
  }

  /** Removes the watches. Never throws. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#closed ??= new ZooKeeperError("CLOSED", "The view is closed", { outcome: "not_sent" });
    this.#wake?.();
    this.#oneShot?.stop();
    const watches = this.#watches.splice(0);
    await Promise.allSettled(watches.map((watch) => watch.remove()));
  }

  async #add(target: WatchTarget): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        const recursive = target.recursive === true;
        const watch = await this.#zk.addWatch(target.path, { recursive }, this.#onEvent);
        this.#watches.push(watch);
        return;
      } catch (error) {
        if (isZooKeeperError(error, "UNIMPLEMENTED")) break;
        if (tries >= OPENING_TRIES || !isLoss(error)) throw error;
      }
    }
    this.#oneShot ??= new OneShotWatches(this.#zk, this.#onEvent);
    this.#oneShot.targets.push(target);
  }

  readonly #onEvent = (_event: WatchEvent): void => this.poke();

  #onState(change: StateChange): void {
    if (change.state === "closed") {
      this.#closed ??= new ZooKeeperError("CLOSED", "The client is closed", {
        outcome: "not_sent",
      });
      this.#wake?.();
    } else if (change.state === "connected" && this.#oneShot !== undefined) {
      this.#oneShot.forget();
      this.poke();
    }
  }

  #wait(signal: AbortSignal | undefined, withinMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const done = () => {
        timer?.cancel();
        signal?.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal?.addEventListener("abort", done, { once: true });
      if (withinMs !== undefined) timer = this.#clock.timer(withinMs, done);
    });
  }

  async #rearm(signal: AbortSignal | undefined): Promise<void> {
    while (this.#oneShot !== undefined && this.#closed === undefined) {
      try {
        return await this.#oneShot.arm();
      } catch (error) {
        if (!isLoss(error)) throw error;
        await sleep(this.#clock, REARM_PAUSE_MS, signal);
      }
    }
  }
}

/**
 * `for await (const _ of changes(…))` reads once at the start and again after each change, until the
 * signal is aborted (which ends the loop) or the client is closed (which throws).
 */
export async function* changes(
  zk: ZooKeeper,
  targets: readonly WatchTarget[],
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<void, void, void> {
  if (signal.aborted) return;
  let view: WatchView | undefined;
  try {
    view = await WatchView.openPatiently(zk, targets, clock, signal);
    while (!signal.aborted) {
      await view.next({ signal });
      yield;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await view?.close();
  }
}

/** For servers without persistent watches: each watch fires once and is set again by `arm`. */
class OneShotWatches {
  readonly targets: WatchTarget[] = [];
  readonly #zk: ZooKeeper;
  readonly #fire: (event: WatchEvent) => void;
  readonly #armed = new Set<string>();
  #stopped = false;
  /** Raised when a connection comes back: what an older listener says no longer counts. */
  #generation = 0;

  constructor(zk: ZooKeeper, fire: (event: WatchEvent) => void) {
    this.#zk = zk;
    this.#fire = fire;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Takes every watch for gone. */
  forget(): void {
    this.#generation++;
    this.#armed.clear();
  }

  /** Sets every watch that does not stand. */
  async arm(): Promise<void> {
    await Promise.all(
      this.targets.map((target) =>
        this.#armNode(target.path, target.recursive === true ? target.levels ?? 1 : 0)
      ),
    );
  }

  async #armNode(path: string, levels: number): Promise<void> {
    const exists = await this.#armOnce(
      `data:${path}`,
      (listener) => this.#zk.exists(path, listener),
    );
    if (exists === null) return;
    try {
      await this.#armOnce(
        `children:${path}`,
        (listener) => this.#zk.getChildren(path, listener),
      );
      if (levels === 0) return;
      const { children } = await this.#zk.getChildren(path);
      await Promise.all(children.map((name) => this.#armNode(`${path}/${name}`, levels - 1)));
    } catch (error) {
      if (!isZooKeeperError(error, "NO_NODE")) throw error;
    }
  }

  async #armOnce<Result>(
    key: string,
    read: (listener: (event: WatchEvent) => void) => Promise<Result>,
  ): Promise<Result | undefined> {
    if (this.#armed.has(key)) return undefined;
    this.#armed.add(key);
    const generation = this.#generation;
    try {
      return await read((event) => {
        if (generation === this.#generation) this.#armed.delete(key);
        if (!this.#stopped) this.#fire(event);
      });
    } catch (error) {
      this.#armed.delete(key);
      throw error;
    }
  }
}
