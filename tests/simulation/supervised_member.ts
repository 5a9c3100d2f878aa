import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Random } from "../../src/platform/random.ts";
import type { Ground, MemberPlan } from "./members.ts";
import { leadFrom, work } from "./members.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { World } from "./world.ts";

/** ms after which a member that has ended is started again: the least, and how much more at most. */
const AGAIN_MS = { least: 200, more: 25_000 };
/** How many times as long it takes where it was refused because another one is there. */
const REFUSED = 5;

/** A member that is started again whenever it has ended, as by a service manager. */
export class SupervisedMember {
  readonly plan: MemberPlan;
  readonly #world: World;
  readonly #random: Random;
  #host: string;
  #process: SimulatedProcess | null = null;
  /** The one before, where it was left to itself. */
  #left: SimulatedProcess | null = null;
  /** What tells each of them to leave. */
  readonly #leave = new Map<SimulatedProcess, AbortController>();

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
    this.#leave.set(process, leave);
    let patience = 1;
    process.onEnd(() => {
      if (this.#process === process) this.#startLater(patience);
    });
    const end = (what: string) => {
      this.#world.trace.tell(process.name, `[${process.pid}] ${what}`);
      process.exit();
    };
    const run = this.plan.role === "leader" ? leadFrom : work;
    run(ground, this.plan, leave.signal).then(() => end("ends"), (error: unknown) => {
      const isRefused = error instanceof OrchestratorError && error.code.endsWith("_EXISTS");
      if (isRefused) {
        patience = REFUSED;
        this.#takeBack();
      }
      end(`fails: ${error}`);
    });
  }

  /** Asks it to finish and go, as Ctrl+C does. */
  leave(): void {
    const { process } = this;
    process?.deliver(() => this.#leave.get(process)?.abort());
  }

  /** Starts another process of the same member on another machine; the present one is left to itself. */
  moveTo(host: string): void {
    this.#left = this.process;
    this.#process = null;
    this.#host = host;
    this.start();
  }

  /** The one that was left to itself has kept its place. */
  #takeBack(): void {
    if (this.#left?.isAlive !== true) return;
    const process = this.#left;
    this.#process = process;
    this.#host = process.host;
    this.#left = null;
    process.onEnd(() => {
      if (this.#process === process) this.#startLater(1);
    });
  }

  #startLater(patience: number): void {
    const { least, more } = AGAIN_MS;
    const ms = patience * (least + this.#random.next() ** 2 * more);
    this.#world.time.timer(ms, () => this.start());
  }
}
