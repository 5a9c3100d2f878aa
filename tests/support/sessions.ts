import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { connect } from "../../src/zookeeper/client.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type {
  ConnectOptions,
  SessionState,
  StateChange,
  ZooKeeper,
} from "../../src/zookeeper/zookeeper.ts";

/** A session under test, with all the changes of its state since it was opened. */
export class ObservedSession {
  readonly zk: ZooKeeper;
  readonly changes: StateChange[] = [];
  readonly #waiting = new Set<() => void>();
  #seen = 0;

  constructor(zk: ZooKeeper) {
    this.zk = zk;
    zk.onStateChange((change) => {
      this.changes.push(change);
      for (const wake of this.#waiting) wake();
    });
  }

  /** The next change to a state, after the one that was returned last; waits where there is none. */
  next(state: SessionState): Promise<StateChange> {
    return new Promise((resolve) => {
      const look = () => {
        const index = this.changes.findIndex((each, at) =>
          at >= this.#seen && each.state === state
        );
        const change = this.changes[index];
        if (!change) return;
        this.#waiting.delete(look);
        this.#seen = index + 1;
        resolve(change);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** Opens sessions and closes all of them together, for the end of a test. */
export class Sessions {
  readonly #open: ZooKeeper[] = [];

  async open(hosts: string, options: Partial<ConnectOptions> = {}): Promise<ObservedSession> {
    const zk = await connect({ hosts, ...options }, nodeEnvironment);
    this.#open.push(zk);
    return new ObservedSession(zk);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((zk) => zk.close()));
  }
}

/** How an operation ended: "done", or the error's code and outcome such as "CONNECTION_LOSS unknown". */
export async function ending(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
    return "done";
  } catch (error) {
    if (error instanceof ZooKeeperError) return `${error.code} ${error.outcome}`;
    throw error;
  }
}
