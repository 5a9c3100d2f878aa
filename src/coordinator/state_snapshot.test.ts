import { expect, test } from "vitest";
import { SeededRandom } from "../platform/simulated/seeded_random.ts";
import { OpCode } from "../zookeeper/protocol/opcodes.ts";
import { MalformedRecordError } from "../zookeeper/protocol/reader.ts";
import { OPEN_ACL } from "./acl.ts";
import { State } from "./state.ts";
import { loadSnapshot, SnapshotWriter } from "./state_snapshot.ts";
import type { Transaction } from "./transaction.ts";
import { CONTAINER_OWNER, NO_OWNER, statNow } from "./tree_node.ts";

const CLOSED = [{ permissions: 1, scheme: "digest", id: "ann:x" }];

/** Applies random changes to a state, and can tell all that is in it. */
class Life {
  readonly state = new State(1_000);
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#apply({ type: OpCode.createSession, timeoutMs: 4_000, password: new Uint8Array(16) });
  }

  grow(count: number): void {
    for (let i = 0; i < count; i++) this.#create(`/n-${i}`);
  }

  /** One change of a random node: it comes, goes, comes again, or gets other data or another ACL. */
  change(): void {
    const path = `/n-${this.#below(2_000)}`;
    const node = this.state.tree.get(path);
    if (node === undefined) return this.#create(path);
    const roll = this.#random.next();
    if (roll < 0.4 && node.numChildren === 0) return this.#apply({ type: OpCode.delete, path });
    if (roll < 0.5 && node.owner === NO_OWNER) {
      const below = `${path}/${node.creates}`;
      return this.#create(below);
    }
    const version = node.version + 1;
    if (roll < 0.9) {
      return this.#apply({ type: OpCode.setData, path, data: this.#data(), version });
    }
    return this.#apply({ type: OpCode.setAcl, path, acl: CLOSED, version: node.aversion + 1 });
  }

  #create(path: string): void {
    const owner = [NO_OWNER, NO_OWNER, CONTAINER_OWNER, 1n][this.#below(4)] ?? NO_OWNER;
    this.#apply({ type: OpCode.create, path, data: this.#data(), acl: OPEN_ACL, owner });
  }

  #apply(change: Transaction["change"]): void {
    const zxid = this.state.lastZxid + 1;
    this.state.apply({ zxid, time: zxid * 10, session: 1n, cxid: 0, change });
  }

  #data(): Uint8Array | null {
    const length = this.#below(400);
    return length === 0 ? null : new Uint8Array(length).fill(this.#below(256));
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }
}

/** All that a state knows, to be compared. */
function told({ tree, sessions, lastZxid }: State) {
  const sorted = (paths: Iterable<string> | undefined) => [...paths ?? []].sort();
  const nodes = [...tree.nodes].map(([path, node]) =>
    [path, {
      ...statNow(node),
      data: node.data,
      acl: node.acl,
      creates: node.creates,
      children: sorted(node.children ?? []),
    }] as const
  );
  return {
    nodes: new Map(nodes),
    bytes: tree.dataBytes,
    ephemerals: [...tree.ephemerals].map(([id, paths]) => [id, sorted(paths)]),
    containers: sorted(tree.containers),
    sessions: [...sessions.byId.values()].map(({ id, timeoutMs, password }) => ({
      id,
      timeoutMs,
      password,
    })),
    lastZxid,
  };
}

test.each([1, 2, 3])(
  "a snapshot is exact, whatever changes while it is written (seed %d)",
  (seed) => {
    const life = new Life(seed);
    life.grow(2_000);
    const before = told(life.state);
    const writer = new SnapshotWriter(life.state, 1);
    const chunks: Uint8Array[] = [];
    for (const chunk of writer.chunks()) {
      chunks.push(chunk);
      for (let i = 0; i < 150; i++) life.change();
    }
    writer.stop();
    expect(chunks.length).toBeGreaterThan(5);
    const loaded = new State(1_000);
    loadSnapshot(loaded, chunks);
    expect(told(loaded)).toEqual(before);
    expect(told(life.state)).not.toEqual(before);

    const again = new SnapshotWriter(life.state, 2);
    const next = new State(1_000);
    loadSnapshot(next, [...again.chunks()]);
    again.stop();
    expect(told(next)).toEqual(told(life.state));
  },
);

test("a snapshot without its end, or with a chunk less, is none", () => {
  const life = new Life(4);
  life.grow(2_000);
  const writer = new SnapshotWriter(life.state, 1);
  const chunks = [...writer.chunks()];
  writer.stop();
  expect(() => loadSnapshot(new State(1_000), chunks.slice(0, -1))).toThrow(MalformedRecordError);
  expect(() => loadSnapshot(new State(1_000), chunks.filter((_, index) => index !== 2)))
    .toThrow(MalformedRecordError);
});
