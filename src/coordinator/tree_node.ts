import type { StatSource } from "../zookeeper/protocol/records.ts";
import type { AclList } from "./acl.ts";
import { pack, type PackedBytes, unpack } from "./packed_bytes.ts";

/** Owner of a node that belongs to no session. */
export const NO_OWNER = 0n;
/** Owner of a container (`EphemeralType.CONTAINER_EPHEMERAL_OWNER`); clients see none. */
export const CONTAINER_OWNER = -(2n ** 63n);

/** Whether an owner is a session: the node goes with it and can have no children. */
export function isSession(owner: bigint): boolean {
  return owner !== NO_OWNER && owner !== CONTAINER_OWNER;
}

/**
 * One node, after `DataNode` of ZooKeeper 3.8. It is written as its own `Stat`. Ids of transactions
 * are numbers: they count from 1, and 2^53 of them never come.
 */
export class TreeNode implements StatSource {
  #data: PackedBytes;
  acl: AclList;
  readonly czxid: number;
  mzxid: number;
  pzxid: number;
  readonly ctime: number;
  mtime: number;
  version = 0;
  /** Children ever created: numbers sequential nodes. What ZooKeeper stores as cversion. */
  creates = 0;
  aversion = 0;
  readonly owner: bigint;
  /**
   * Paths, the very strings that the tree knows the nodes by: names would be strings of their own. Null
   * until the first child comes, since most nodes are leaves.
   */
  children: Set<string> | null = null;
  /** The snapshot that has this node already, by its number; see `SnapshotWriter`. */
  savedIn = 0;

  constructor(
    data: Uint8Array | null,
    acl: AclList,
    zxid: number,
    time: number,
    owner: bigint,
  ) {
    this.#data = pack(data);
    this.acl = acl;
    this.czxid = zxid;
    this.mzxid = zxid;
    this.pzxid = zxid;
    this.ctime = time;
    this.mtime = time;
    this.owner = owner === NO_OWNER ? NO_OWNER : owner; // One object for all, after a restart too.
  }

  get numChildren(): number {
    return this.children === null ? 0 : this.children.size;
  }

  /** Changes of the child list: for each create there was a delete, but for those still there. */
  get cversion(): number {
    return (this.creates * 2 - this.numChildren) | 0;
  }

  get ephemeralOwner(): bigint {
    return this.owner === CONTAINER_OWNER ? NO_OWNER : this.owner;
  }

  /** null is not the same as empty: a client gets back which of the two it sent. */
  get data(): Uint8Array | null {
    return unpack(this.#data);
  }

  set data(data: Uint8Array | null) {
    this.#data = pack(data);
  }

  get dataLength(): number {
    return this.#data === null ? 0 : this.#data.length;
  }
}

/** A stat as it is now, for a reply that is written after the node has changed again. */
export function statNow(node: TreeNode): StatSource {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    ephemeralOwner: node.ephemeralOwner,
    dataLength: node.dataLength,
    numChildren: node.numChildren,
    pzxid: node.pzxid,
  };
}
