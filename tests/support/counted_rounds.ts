import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/** ms in which all that asks at once has asked. */
const GATHERING_MS = 5;

interface Question {
  readonly ask: () => Promise<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A client whose operations go in rounds: all that are asked for at once go together, and are answered
 * together. So many rounds there are as one operation waited for the answer to another, however long a
 * busy machine takes for them.
 */
export class CountedRounds {
  readonly zk: ZooKeeper;
  rounds = 0;
  #asked: Question[] = [];

  constructor(inner: ZooKeeper) {
    this.zk = new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name === "onStateChange") return value.bind(target);
        return (...args: unknown[]) =>
          this.#join(async () => await Reflect.apply(value, target, args));
      },
    });
  }

  #join(ask: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) setTimeout(() => void this.#go(), GATHERING_MS);
      this.#asked.push({ ask, resolve, reject });
    });
  }

  async #go(): Promise<void> {
    this.rounds++;
    const asked = this.#asked;
    this.#asked = [];
    const answers = await Promise.allSettled(asked.map(({ ask }) => ask()));
    for (const [index, answer] of answers.entries()) {
      if (answer.status === "fulfilled") asked[index]?.resolve(answer.value);
      else asked[index]?.reject(answer.reason);
    }
  }
}
