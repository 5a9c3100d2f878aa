import type { AclList } from "./acl.ts";
import type { Tree } from "./tree.ts";

/** What decides over a request: the state of one node. A `TreeNode` is one as well. */
export interface NodeFacts {
  readonly version: number;
  readonly creates: number;
  readonly aversion: number;
  readonly numChildren: number;
  readonly owner: bigint;
  readonly acl: AclList;
}

/** A node as it will be, null for one that will be gone, and the transaction that does it. */
interface Expected {
  readonly path: string;
  readonly zxid: number;
  readonly facts: NodeFacts | null;
}

/**
 * The tree as it will be once all transactions that are decided have been carried out, after
 * `outstandingChanges` of ZooKeeper 3.8. A transaction that is given up takes all later ones with it.
 */
export class Expectation {
  readonly #tree: Tree;
  readonly #byPath = new Map<string, Expected>();
  /** Oldest first; those before `#settled` have been carried out. */
  #changes: Expected[] = [];
  #settled = 0;
  /** What the changes of an open `multi` have replaced, oldest first; null while none is open. */
  #replaced: [path: string, before: Expected | undefined][] | null = null;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** The node at a path; null where none will be. */
  at(path: string): NodeFacts | null {
    const expected = this.#byPath.get(path === "" ? "/" : path);
    return expected === undefined ? this.#tree.get(path) ?? null : expected.facts;
  }

  set(path: string, zxid: number, facts: NodeFacts | null): void {
    const expected = { path: path === "" ? "/" : path, zxid, facts };
    this.#replaced?.push([expected.path, this.#byPath.get(expected.path)]);
    this.#byPath.set(expected.path, expected);
    this.#changes.push(expected);
  }

  /** The next changes stay together, until `keep` or `undo`. */
  begin(): void {
    this.#replaced = [];
  }

  keep(): void {
    this.#replaced = null;
  }

  /** Takes back what was set since `begin`. */
  undo(): void {
    const replaced = this.#replaced ?? [];
    this.#replaced = null;
    this.#changes.length -= replaced.length;
    for (const [path, before] of replaced.reverse()) {
      if (before === undefined) this.#byPath.delete(path);
      else this.#byPath.set(path, before);
    }
  }

  /** The tree has caught up with all transactions up to this one. */
  settle(zxid: number): void {
    for (let next = this.#next(); next !== undefined && next.zxid <= zxid; next = this.#next()) {
      if (this.#byPath.get(next.path) === next) this.#byPath.delete(next.path);
      this.#settled++;
    }
    if (this.#settled === 0) return;
    if (this.#settled < this.#changes.length && this.#settled < 1_024) return;
    this.#changes = this.#changes.slice(this.#settled);
    this.#settled = 0;
  }

  /** Nothing that was decided and not carried out will be. */
  clear(): void {
    this.#byPath.clear();
    this.#changes = [];
    this.#settled = 0;
  }

  /** Paths of the nodes that a session will own, in no order. */
  ownedBy(session: bigint): string[] {
    const owned = new Set(this.#tree.ephemerals.get(session));
    for (const { path, facts } of this.#byPath.values()) {
      if (facts === null) owned.delete(path);
      else if (facts.owner === session) owned.add(path);
    }
    return [...owned];
  }

  #next(): Expected | undefined {
    return this.#changes[this.#settled];
  }
}
