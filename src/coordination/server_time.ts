import type { Clock } from "../platform/clock.ts";
import { isZooKeeperError } from "../zookeeper/errors.ts";
import { EMPTY } from "./payload.ts";
import type { Ledger } from "./ledger.ts";
import type { Tree } from "./tree.ts";

/** ms for which one reading of the server's clock is carried on by the local monotonic clock. */
const MAX_AGE_MS = 5_000;

/**
 * The clock by which leases are judged: ZooKeeper's own, as it stamps the nodes. Never ahead of the
 * server: a lease that has passed by it has passed.
 */
export class ServerTime {
  readonly #tree: Tree;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #reading: { readonly serverMs: number; readonly at: number } | undefined;

  constructor(tree: Tree, ledger: Ledger, clock: Clock) {
    this.#tree = tree;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** ms since 1970. Writes the node `/clock` where the last reading is too old. */
  async now(): Promise<number> {
    const reading = this.#reading;
    const age = reading === undefined ? Infinity : this.#clock.monotonic() - reading.at;
    if (reading !== undefined && age < MAX_AGE_MS) return reading.serverMs + age;
    const serverMs = await this.#stamp();
    this.#reading = { serverMs, at: this.#clock.monotonic() };
    return serverMs;
  }

  async #stamp(): Promise<number> {
    const path = this.#tree.path("clock");
    for (;;) {
      try {
        return (await this.#tree.zk.setData(path, EMPTY)).mtime;
      } catch (error) {
        if (!isZooKeeperError(error, "NO_NODE")) throw error;
      }
      try {
        await this.#ledger.commit([{ type: "create", path }], null);
      } catch (error) {
        if (!isZooKeeperError(error, "NODE_EXISTS")) throw error;
      }
    }
  }
}
