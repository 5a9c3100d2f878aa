import { type AclList, OPEN_ACL, READ_ACL } from "./acl.ts";
import { AclPool } from "./acl_pool.ts";
import type { CreateChange } from "./transaction.ts";
import { CONTAINER_OWNER, isSession, NO_OWNER, TreeNode } from "./tree_node.ts";
import type { Watches } from "./watches.ts";

/** Nodes that every server has, and that nobody can delete (`DataTree.isSpecialPath`). */
const SYSTEM_PATHS: ReadonlySet<string> = new Set([
  "/",
  "/zookeeper",
  "/zookeeper/quota",
  "/zookeeper/config",
]);

/** Told of a node that is about to change or to go, so that a snapshot can keep it as it was. */
export type NodeKeeper = (path: string, node: TreeNode) => void;

/**
 * All nodes by their path, after `DataTree` of ZooKeeper 3.8. It carries out what was decided before:
 * a change that does not fit is a damaged log, and throws. Each change triggers its watches at once.
 */
export class Tree {
  readonly nodes = new Map<string, TreeNode>();
  /** Paths of the ephemeral nodes of each session that has some. */
  readonly ephemerals = new Map<bigint, Set<string>>();
  /** Paths of the containers. */
  readonly containers = new Set<string>();
  /** Set while a snapshot is being taken. */
  keeper: NodeKeeper | null = null;
  readonly #watches: Watches;
  readonly #acls = new AclPool();
  #root: TreeNode;
  #dataBytes = 0;

  constructor(watches: Watches) {
    this.#watches = watches;
    this.#root = new TreeNode(new Uint8Array(0), OPEN_ACL, 0, 0, NO_OWNER);
    for (const path of SYSTEM_PATHS) {
      const isRoot = path === "/";
      const node = isRoot ? this.#root : new TreeNode(new Uint8Array(0), OPEN_ACL, 0, 0, NO_OWNER);
      this.nodes.set(path, node);
      this.#dataBytes += path.length;
      if (!isRoot) this.#link(path);
    }
    const config = this.#existing("/zookeeper/config");
    config.acl = READ_ACL;
    config.aversion = -1;
  }

  /** Takes the nodes of a snapshot in place of all that is there, in whatever order they come. */
  load(nodes: Iterable<readonly [path: string, node: TreeNode]>): void {
    this.nodes.clear();
    this.#dataBytes = 0;
    for (const [path, node] of nodes) {
      node.acl = this.#acls.shared(node.acl);
      this.nodes.set(path, node);
      this.#register(path, node);
      this.#dataBytes += path.length + node.dataLength;
      if (path === "/") this.#root = node;
    }
    for (const path of this.nodes.keys()) if (path !== "/") this.#link(path);
  }

  /** Bytes of all paths and data: what `mntr` calls the approximate data size. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  /** The root has the empty path as well, as the protocol has it. */
  get(path: string): TreeNode | undefined {
    return path === "" ? this.#root : this.nodes.get(path);
  }

  create(change: CreateChange, zxid: number, time: number): TreeNode {
    const { path, owner } = change;
    const parentPath = parentOf(path);
    const parent = this.#existing(parentPath);
    this.keeper?.(parentPath, parent);
    const node = new TreeNode(change.data, this.#acls.shared(change.acl), zxid, time, owner);
    this.nodes.set(path, node);
    this.#link(path);
    this.#register(path, node);
    this.#dataBytes += path.length + node.dataLength;
    parent.creates = (parent.creates + 1) | 0;
    parent.pzxid = zxid;
    this.#watches.created(path, node.acl, parentPath, parent.acl);
    return node;
  }

  delete(path: string, zxid: number): void {
    const node = this.#existing(path);
    const parentPath = parentOf(path);
    const parent = this.#existing(parentPath);
    this.keeper?.(path, node);
    this.keeper?.(parentPath, parent);
    this.nodes.delete(path);
    parent.children?.delete(path);
    parent.pzxid = zxid;
    this.#unregister(path, node.owner);
    this.#dataBytes -= path.length + node.dataLength;
    this.#watches.deleted(path, node.acl, parentPath, parent.acl);
  }

  setData(path: string, data: Uint8Array | null, version: number, zxid: number, time: number) {
    const node = this.#existing(path);
    this.keeper?.(path, node);
    this.#dataBytes -= node.dataLength;
    node.data = data;
    this.#dataBytes += node.dataLength;
    node.version = version;
    node.mzxid = zxid;
    node.mtime = time;
    this.#watches.changed(path, node.acl);
    return node;
  }

  setAcl(path: string, acl: AclList, version: number): TreeNode {
    const node = this.#existing(path);
    this.keeper?.(path, node);
    node.acl = this.#acls.shared(acl);
    node.aversion = version;
    return node;
  }

  /** Count of all nodes below a path. */
  countBelow(path: string): number {
    if (path === "/") return this.nodes.size - 1;
    const prefix = `${path}/`;
    let count = 0;
    for (const each of this.nodes.keys()) if (each.startsWith(prefix)) count++;
    return count;
  }

  #existing(path: string): TreeNode {
    const node = this.get(path);
    if (node === undefined) throw new Error(`No node "${path}", which the log takes for granted`);
    return node;
  }

  #link(path: string): void {
    const parent = this.#existing(parentOf(path));
    if (parent.children === null) parent.children = new Set();
    parent.children.add(path);
  }

  #register(path: string, { owner }: TreeNode): void {
    if (owner === NO_OWNER) return;
    if (owner === CONTAINER_OWNER) {
      this.containers.add(path);
      return;
    }
    const owned = this.ephemerals.get(owner);
    if (owned === undefined) this.ephemerals.set(owner, new Set([path]));
    else owned.add(path);
  }

  #unregister(path: string, owner: bigint): void {
    if (owner === CONTAINER_OWNER) this.containers.delete(path);
    if (!isSession(owner)) return;
    const owned = this.ephemerals.get(owner);
    owned?.delete(path);
    if (owned?.size === 0) this.ephemerals.delete(owner);
  }
}

/** The path above one; the root is its own. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** Whether a node belongs to the server itself, so that it cannot be deleted. */
export function isSystemPath(path: string): boolean {
  return SYSTEM_PATHS.has(path);
}
