import { sleep } from "../../src/platform/clock.ts";
import type { Random } from "../../src/platform/random.ts";
import type { Fate, SimulatedProcess, Stillness } from "./simulated_process.ts";
import type { SupervisedMember } from "./supervised_member.ts";
import type { World } from "./world.ts";

export interface TroubleOptions {
  readonly world: World;
  readonly members: readonly SupervisedMember[];
  /** Processes that have no part in the work, and are not started again. */
  readonly bystanders: readonly SimulatedProcess[];
  readonly hosts: readonly string[];
  readonly random: Random;
  /** ms of virtual time for which there is trouble. */
  readonly forMs: number;
  /** ms between two troubles, on average. */
  readonly everyMs: number;
}

/** Parts of all troubles, each of what the one before leaves. */
const FOR_SERVER = 0.15;
const FOR_BYSTANDERS = 0.05;
const FOR_LEADERS = 0.35;
/** Writes ahead at which a fate may be set. */
const WRITES_AHEAD = 50;
/** ms of the longest standstill, cut and outage: a few sessions. */
const LONGEST_MS = 45_000;

/** Makes trouble of all kinds for a while, and then sets everything right. */
export async function makeTrouble(options: TroubleOptions): Promise<void> {
  const { world, forMs, everyMs, random } = options;
  const troubles = new Troubles(options);
  for (;;) {
    await sleep(world.time, everyMs * 2 * random.next());
    if (world.time.monotonic() >= forMs) break;
    troubles.makeOne();
  }
  world.isTroubled = false;
  world.trace.tell("world", "the trouble is over");
  for (const process of world.processes) {
    process.spare();
    process.goOn();
    world.network.heal(process);
  }
}

class Troubles {
  readonly #options: TroubleOptions;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  makeOne(): void {
    const { members, random, world } = this.#options;
    if (random.next() < FOR_SERVER) return this.#troubleServer();
    if (random.next() < FOR_BYSTANDERS) return this.#troubleBystander();
    const leaders = members.filter(({ plan }) => plan.role === "leader");
    const victims = random.next() < FOR_LEADERS ? leaders : members;
    const member = victims[Math.floor(random.next() * victims.length)];
    const process = member?.process;
    if (member === undefined || process === null || process === undefined) return;
    const kind = random.next();
    if (kind < 0.12) process.kill("is killed");
    else if (kind < 0.35) this.#destine(process);
    else if (kind < 0.5) this.#halt(process);
    else if (kind < 0.6) this.#reset(process);
    else if (kind < 0.7) process.destine({ kind: "lose" }, this.#writesAhead());
    else if (kind < 0.85) this.#cut(process);
    else if (kind < 0.93) {
      world.trace.tell(process.name, "is told to leave");
      member.leave();
    } else this.#move(member, process);
  }

  #troubleBystander(): void {
    const { random, bystanders } = this.#options;
    const process = bystanders[Math.floor(random.next() * bystanders.length)];
    if (process === undefined) return;
    const kind = random.next();
    if (kind < 0.3) this.#halt(process);
    else if (kind < 0.6) this.#reset(process);
    else this.#cut(process);
  }

  #reset(process: SimulatedProcess): void {
    const { world } = this.#options;
    world.trace.tell(process.name, "loses its connection");
    world.network.reset(process);
  }

  #troubleServer(): void {
    const { random, world } = this.#options;
    const process = world.coordinator.process;
    if (process === null) return;
    const kind = random.next();
    if (kind < 0.3) process.kill("is killed");
    else if (kind < 0.6) this.#destine(process);
    else if (kind < 0.8) this.#halt(process);
    else {
      world.trace.tell("network", "all connections break");
      world.network.reset();
    }
  }

  #destine(process: SimulatedProcess): void {
    const { random } = this.#options;
    const fate: Fate = random.next() < 0.6
      ? { kind: "die", fraction: random.next() < 0.3 ? random.next() : Math.round(random.next()) }
      : {
        kind: "halt",
        how: this.#stillness(),
        ms: this.#ms(),
        when: random.next() < 0.5 ? "before" : "after",
      };
    process.destine(fate, this.#writesAhead());
  }

  #halt(process: SimulatedProcess): void {
    process.halt(this.#stillness(), "by chance");
    this.#options.world.time.timer(this.#ms(), () => process.goOn());
  }

  #cut(process: SimulatedProcess): void {
    const { random, world } = this.#options;
    const chance = random.next();
    const how = chance < 0.5 ? "both" : chance < 0.75 ? "to_server" : "to_client";
    world.trace.tell(process.name, `is cut off: ${how}`);
    world.network.cut(process, how);
    world.time.timer(this.#ms(), () => {
      world.trace.tell(process.name, "is reached again");
      world.network.heal(process);
    });
  }

  /** Somebody starts the member anew on another machine while the first one stands still. */
  #move(member: SupervisedMember, process: SimulatedProcess): void {
    const { random, hosts, world } = this.#options;
    const others = hosts.filter((host) => host !== process.host);
    const host = others[Math.floor(random.next() * others.length)];
    if (host === undefined) return;
    process.halt(this.#stillness(), "and is started elsewhere");
    world.time.timer(this.#ms(), () => process.goOn());
    member.moveTo(host);
  }

  #writesAhead(): number {
    return 1 + Math.floor(this.#options.random.next() * WRITES_AHEAD);
  }

  #stillness(): Stillness {
    return this.#options.random.next() < 0.5 ? "stopped" : "asleep";
  }

  /** Mostly short, sometimes longer than a session. */
  #ms(): number {
    return 50 + this.#options.random.next() ** 3 * LONGEST_MS;
  }
}
