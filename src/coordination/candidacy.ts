import type { Stat } from "../zookeeper/zookeeper.ts";
import type { Ground } from "./commit_once.ts";
import { isLoss } from "./losses.ts";
import { EMPTY } from "./payload.ts";

const NAME = /^c-[0-9a-f]{32}-\d{10}$/;

/**
 * A place in the queue of those who want to lead: `/election/c-{nonce}-{number}`, ephemeral, ordered by
 * the number. By the nonce a candidate knows its node where the reply to the creation was lost, as in
 * kazoo's lock recipe. The node of an earlier session counts for nothing, and is removed.
 */
export class Candidacy {
  readonly #ground: Ground;
  readonly #prefix: string;
  #session = "";

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#prefix = `c-${ground.random.id()}-`;
  }

  /** Whether the place that `predecessor` spoke of was taken in the session that stands now. */
  get isCurrent(): boolean {
    return this.#session === this.#ground.tree.zk.sessionId;
  }

  /**
   * Takes a place at the end, unless there is one in this session; gives the path of the candidate that
   * is next before it, null where it is the first. Throws `ZooKeeperError`; may be called again then.
   */
  async predecessor(): Promise<string | null> {
    const { tree, ledger } = this.#ground;
    for (;;) {
      const names = await this.#names();
      const place = await this.#place(names);
      const before = place === null ? undefined : names[names.indexOf(place) - 1];
      if (place !== null) return before === undefined ? null : tree.path("election", before);
      const path = tree.path("election", this.#prefix);
      await ledger.commit([{ type: "create", path, data: EMPTY, mode: MODE }], null);
    }
  }

  /** Paths of its nodes: one, as a rule. */
  async nodes(): Promise<string[]> {
    const own = (await this.#names()).filter((name) => name.startsWith(this.#prefix));
    return own.map((name) => this.#ground.tree.path("election", name));
  }

  /** Gives the place up. Throws `ZooKeeperError`; the node goes with its session at the latest. */
  async leave(): Promise<void> {
    for (const path of await this.nodes()) await this.#ground.ledger.discard(path);
  }

  /** Gives the place up where the connection stands. Never throws what a broken one brings. */
  async leaveIfPossible(): Promise<void> {
    if (this.#ground.tree.zk.state !== "connected") return;
    try {
      await this.leave();
    } catch (error) {
      if (!isLoss(error)) throw error;
    }
  }

  /** Its name in this session; its other nodes, which would be in the way, are removed. */
  async #place(names: readonly string[]): Promise<string | null> {
    const { tree, ledger } = this.#ground;
    const own = names.filter((name) => name.startsWith(this.#prefix));
    const stats = await Promise.all(own.map((name) => tree.zk.exists(tree.path("election", name))));
    const session = tree.zk.sessionId;
    const place = own.find((_, index) => sessionOf(stats[index]) === session) ?? null;
    for (const name of own) {
      if (name !== place) await ledger.discard(tree.path("election", name));
    }
    this.#session = place === null ? "" : session;
    return place;
  }

  /** All candidates as of now, in the order of the queue. */
  async #names(): Promise<string[]> {
    const { tree } = this.#ground;
    const [, names] = await Promise.all([tree.sync(), tree.children(tree.path("election"))]);
    return names.filter((name) => NAME.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  }
}

const MODE = "ephemeral_sequential";

/** Session that an ephemeral node belongs to, hexadecimal. */
export function sessionOf(stat: Stat | null | undefined): string {
  return BigInt.asUintN(64, stat?.ephemeralOwner ?? 0n).toString(16);
}

function numberOf(name: string): number {
  return Number(name.slice(-10));
}
