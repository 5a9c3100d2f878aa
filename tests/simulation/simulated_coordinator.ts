import { startCoordinator } from "../../src/coordinator/server.ts";
import { defaultLimits } from "../../src/coordinator/limits.ts";
import { sha1 } from "../../src/platform/node/sha1.ts";
import type { Random } from "../../src/platform/random.ts";
import type { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";
import { SimulatedLog } from "./simulated_log.ts";
import type { SimulatedNetwork } from "./simulated_network.ts";
import type { SimulatedProcess } from "./simulated_process.ts";

/** Bytes of log after which it takes a snapshot: so few that a run sees several. */
const SNAPSHOT_AFTER_BYTES = 500_000;

/** ms after which one that has died is started again, at most. */
const AGAIN_MS = 25_000;

export interface CoordinatorNeeds {
  readonly time: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly random: Random;
  /** A process for the next coordinator. */
  readonly spawn: () => SimulatedProcess;
  /** Told of what no client can have caused. */
  readonly report: (error: unknown) => void;
}

/** The embedded coordinator, on a disk that outlives it: it is started again when it has died. */
export class SimulatedCoordinator {
  readonly #needs: CoordinatorNeeds;
  readonly #log: SimulatedLog;
  #process: SimulatedProcess | null = null;

  constructor(needs: CoordinatorNeeds) {
    this.#needs = needs;
    this.#log = new SimulatedLog(needs.random);
  }

  /** The one that runs, or stands still; null while there is none. */
  get process(): SimulatedProcess | null {
    return this.#process?.isAlive === true ? this.#process : null;
  }

  start(): void {
    const { network, random, spawn, report, time } = this.#needs;
    const process = spawn();
    this.#process = process;
    process.onEnd(() => {
      this.#log.crash();
      time.timer(random.next() ** 2 * AGAIN_MS, () => this.start());
    });
    startCoordinator({
      address: { host: "127.0.0.1", port: 2181 },
      dataDirectory: "(simulated)",
      limits: { ...defaultLimits(), snapshotAfterBytes: SNAPSHOT_AFTER_BYTES },
      report,
    }, {
      clock: process.clock,
      random,
      listen: network.listen(process),
      storage: this.#log.open(process.clock),
      sha1,
    }).catch(report);
  }
}
