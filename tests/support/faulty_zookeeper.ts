import { ZooKeeperError, type ZooKeeperErrorCode } from "../../src/zookeeper/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/** How a write's reply gets lost: before it is carried out, after it, or so that it is carried out
 * only when the next write is sent, as if it had waited in some server's queue. */
export type Loss = "before" | "after" | "late";

/** What goes wrong. Operations are counted from 1. */
export interface Fault {
  /** The reply of the n-th write is lost. */
  readonly loseWrite?: {
    readonly at: number;
    readonly how: Loss;
    /** Default: CONNECTION_LOSS. */
    readonly code?: ZooKeeperErrorCode;
  };
  /** The reply of the n-th reading is lost. */
  readonly loseRead?: number;
  /** After the n-th operation nothing happens any more, as after the death of the process. */
  readonly dieAfter?: number;
}

const WRITES = ["create", "delete", "setData", "multi", "setAcl"] as const;
const READS = [
  "exists",
  "getData",
  "getChildren",
  "getAcl",
  "sync",
  "multiRead",
  "addWatch",
] as const;

type Name = (typeof WRITES)[number] | (typeof READS)[number];

/** A client that breaks at one point, chosen in advance; everything else passes through. */
export class FaultyZooKeeper {
  readonly zk: ZooKeeper;
  writes = 0;
  reads = 0;
  operations = 0;
  readonly #fault: Fault;
  #late: (() => Promise<unknown>) | null = null;
  #tellDeath: () => void = () => {};
  /** Resolves at the moment of death. */
  readonly died: Promise<void> = new Promise((resolve) => {
    this.#tellDeath = resolve;
  });

  constructor(inner: ZooKeeper, fault: Fault = {}) {
    this.#fault = fault;
    this.zk = new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const call = (...args: unknown[]) => Reflect.apply(value, target, args) as Promise<unknown>;
        return isOperation(name)
          ? (...args: unknown[]) => this.#run(name, () => call(...args))
          : call;
      },
    });
  }

  /** Carries out what was held back, if it was not yet. */
  async settle(): Promise<void> {
    const late = this.#late;
    this.#late = null;
    await late?.().catch(() => {});
  }

  async #run(name: Name, call: () => Promise<unknown>): Promise<unknown> {
    const { dieAfter, loseWrite } = this.#fault;
    if (dieAfter !== undefined && this.operations >= dieAfter) {
      this.#tellDeath();
      return await new Promise(() => {});
    }
    this.operations++;
    if (!(WRITES as readonly string[]).includes(name)) {
      if (++this.reads === this.#fault.loseRead) throw loss(`Reading ${this.reads}`);
      return await call();
    }
    await this.settle();
    if (++this.writes !== loseWrite?.at) return await call();
    if (loseWrite.how === "late") this.#late = call;
    if (loseWrite.how === "after") await call().catch(() => {});
    throw loss(`Write ${this.writes}`, loseWrite.code);
  }
}

function loss(what: string, code: ZooKeeperErrorCode = "CONNECTION_LOSS"): ZooKeeperError {
  return new ZooKeeperError(code, `${what}: the reply was lost`, {
    outcome: "unknown",
  });
}

function isOperation(name: string | symbol): name is Name {
  return ([...WRITES, ...READS] as readonly (string | symbol)[]).includes(name);
}
