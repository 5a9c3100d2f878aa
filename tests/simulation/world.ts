import type { Random } from "../../src/platform/random.ts";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";
import { agentScript } from "./agent_script.ts";
import { type Ground, handIn } from "./members.ts";
import { MemoryFiles } from "./memory_files.ts";
import { SimulatedAgents } from "./simulated_agents.ts";
import { SimulatedCoordinator } from "./simulated_coordinator.ts";
import { SimulatedNetwork } from "./simulated_network.ts";
import { SimulatedProcess } from "./simulated_process.ts";
import { Trace } from "./trace.ts";

/** ms by which the wall clocks of two machines may differ from the true time. */
const SKEW_MS = 1_500;

/** ms by which a command that an agent leaves behind is late, at most. */
const LATE_MS = 40_000;
/** Writes that such a command makes, more or less. */
const COMMAND_WRITES = 6;

/** Behind all promise reactions, and far faster than a timer. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The machines, what connects them, and the time that they share: all from one seed. */
export class World {
  readonly time = new VirtualClock(Date.UTC(2026, 0, 1), settled);
  readonly trace = new Trace(this.time);
  readonly network: SimulatedNetwork;
  readonly agents: SimulatedAgents;
  readonly coordinator: SimulatedCoordinator;
  /** Whether agents fail, and others make trouble. */
  isTroubled = true;
  /** Every process there ever was. */
  readonly processes: SimulatedProcess[] = [];
  readonly #seeds: Random;
  readonly #files = new Map<string, MemoryFiles>();
  readonly #skews = new Map<string, number>();

  /** `latencyMs`: of the network, as a rule. */
  constructor(seed: number, latencyMs: number) {
    const { time, trace } = this;
    this.#seeds = new SeededRandom(seed);
    this.network = new SimulatedNetwork({ time, trace, random: this.random(), latencyMs });
    this.agents = new SimulatedAgents({
      time,
      trace,
      play: agentScript({ time, random: this.random(), isTroubled: () => this.isTroubled }),
      isAlive: (host, pid) =>
        this.processes.some((one) => one.host === host && one.pid === pid && one.isAlive),
      handIn: (host, run, result, isLate) => {
        const process = this.spawn(`agent ${run.number}`, host);
        const random = this.random();
        if (isLate) {
          const ms = random.next() * LATE_MS;
          const inWrites = 1 + Math.floor(random.next() * COMMAND_WRITES);
          process.destine({ kind: "halt", how: "stopped", ms, when: "before" }, inWrites);
        }
        return handIn(this.groundOf(process, random), run, result);
      },
    });
    this.coordinator = new SimulatedCoordinator({
      time,
      network: this.network,
      random: this.random(),
      spawn: () => this.spawn("zookeeper", "server"),
      report: (error) => trace.tell("zookeeper", `DEFECT: ${error}`),
    });
  }

  /** Chance of its own for a part of the world. */
  random(): Random {
    return new SeededRandom(this.#seeds.next() * 2 ** 32);
  }

  spawn(name: string, host: string): SimulatedProcess {
    const pid = 1000 + this.processes.length;
    const skewMs = this.#skews.get(host) ?? (this.#seeds.next() * 2 - 1) * SKEW_MS;
    this.#skews.set(host, skewMs);
    const process = new SimulatedProcess(this.time, this.trace, { name, host, pid, skewMs });
    this.processes.push(process);
    this.trace.tell(name, `[${pid}] starts on ${host}`);
    return process;
  }

  groundOf(process: SimulatedProcess, random: Random): Ground {
    const { network, agents, trace } = this;
    const files = this.#files.get(process.host) ?? new MemoryFiles();
    this.#files.set(process.host, files);
    return { process, network, agents, files, random, trace };
  }
}
