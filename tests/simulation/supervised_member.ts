import type { Random } from "../../src/platform/random.ts";
import type { Ground, MemberPlan } from "./members.ts";
import { leadFrom, work } from "./members.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { World } from "./world.ts";

/** ms after which a member that has ended is started again: the least, and how much more at most. */
const AGAIN_MS = { least: 200, more: 25_000 };

/** A member that is started again whenever it has ended, as by a service manager. */
export class SupervisedMember {
  readonly plan: MemberPlan;
  readonly #world: World;
  readonly #random: Random;
  #host: string;
  #process: SimulatedProcess | null = null;
  #leave = new AbortController();

  constructor(world: World, random: Random, plan: MemberPlan, host: string) {
    this.#world = world;
    this.#random = random;
    this.plan = plan;
    this.#host = host;
  }

  /** The process that is there; null between two of them. */
  get process(): SimulatedProcess | null {
    return this.#process?.isAlive === true ? this.#process : null;
  }

  start(): void {
    if (this.process !== null) return;
    const process = this.#world.spawn(this.plan.name, this.#host);
    const ground: Ground = this.#world.groundOf(process, this.#random);
    const leave = new AbortController();
    this.#process = process;
    this.#leave = leave;
    process.onEnd(() => {
      if (this.#process === process) this.#startLater();
    });
    const run = this.plan.role === "leader" ? leadFrom : work;
    run(ground, this.plan, leave.signal).then(
      () => this.#ended(process, "ends"),
      (error: unknown) => this.#ended(process, `fails: ${error}`),
    );
  }

  /** Asks it to finish and go, as Ctrl+C does. */
  leave(): void {
    const leave = this.#leave;
    this.process?.deliver(() => leave.abort());
  }

  /** Starts another process of the same member on another machine; the present one is left to itself. */
  moveTo(host: string): void {
    this.#process = null;
    this.#host = host;
    this.start();
  }

  #ended(process: SimulatedProcess, what: string): void {
    this.#world.trace.tell(process.name, `[${process.pid}] ${what}`);
    process.exit();
  }

  #startLater(): void {
    const ms = AGAIN_MS.least + this.#random.next() ** 2 * AGAIN_MS.more;
    this.#world.time.timer(ms, () => this.start());
  }
}
