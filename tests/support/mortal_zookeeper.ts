import type { Op, ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/** When a Leader dies: around its n-th commit (from 1) behind the fence. */
export interface Death {
  readonly at: number;
  /** `before` it is sent, or `after` it was carried out and before anybody hears of it. */
  readonly when: "before" | "after";
}

/**
 * The client of a Leader that dies with it: from that moment no operation of it ever ends, and its
 * session is over, as after a SIGKILL and the session timeout.
 */
export class MortalZooKeeper {
  readonly zk: ZooKeeper;
  /** Commits behind the fence so far. */
  commits = 0;
  readonly #inner: ZooKeeper;
  readonly #death: Death | null;
  #isDead = false;
  #tellDeath: () => void = () => {};
  /** Resolves at the moment of death. */
  readonly died: Promise<void> = new Promise((resolve) => {
    this.#tellDeath = resolve;
  });

  constructor(inner: ZooKeeper, death: Death | null) {
    this.#inner = inner;
    this.#death = death;
    this.zk = new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const call = (...args: unknown[]) => Reflect.apply(value, target, args) as unknown;
        if (name === "multi") return (ops: Op[]) => this.#multi(ops, () => call(ops));
        return (...args: unknown[]) => this.#isDead && isAsync(name) ? never() : call(...args);
      },
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async #multi(ops: readonly Op[], commit: () => unknown): Promise<unknown> {
    if (this.#isDead) return await never();
    const isLast = ops.some(isFence) && ++this.commits === this.#death?.at;
    if (!isLast) return await commit();
    // From here on the process does nothing more, but for what is on its way already.
    this.#isDead = true;
    if (this.#death?.when === "after") await (commit() as Promise<unknown>).catch(() => {});
    void this.#inner.close();
    this.#tellDeath();
    return await never();
  }
}

function isFence(op: Op): boolean {
  return op.type === "check" && op.path.endsWith("/leader-epoch");
}

function isAsync(name: string | symbol): boolean {
  return name !== "onStateChange";
}

function never(): Promise<never> {
  return new Promise(() => {});
}
