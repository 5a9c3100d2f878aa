import { directoryMode } from "../directory_mode.ts";
import { EMPTY } from "../payload.ts";
import type { Acl, Op } from "../../zookeeper/zookeeper.ts";
import { dataOf, type NodeLine } from "./node_line.ts";
import { withOwnTime } from "./own_time.ts";

/** Operations of one transaction at most, and bytes of data. */
const MAX_OPS = 500;
const MAX_BYTES = 500_000;

/** One node as it is to be made: its place is a full path. */
export interface PlannedNode {
  readonly line: NodeLine;
  readonly path: string;
  readonly acl: readonly Acl[];
  /** Children that the tree will have made below it by itself. */
  readonly children: number;
  readonly hasNumberedChildren: boolean;
}

/** A sequential name ends with ten digits. */
const NUMBERED = /\d{10}$/;

/**
 * The nodes to make, in order. An empty directory of an index is left out: the server would have removed
 * it as a container, and only ever removes one that has had children.
 */
export function plannedNodes(
  nodes: readonly NodeLine[],
  root: string,
  aclOf: (line: NodeLine) => readonly Acl[],
): PlannedNode[] {
  const children = new Map<string, { count: number; hasNumbered: boolean }>();
  const kept: PlannedNode[] = [];
  // From the end, so that the children of a node are known before itself.
  for (const line of nodes.toReversed()) {
    const below = children.get(line.path) ?? { count: 0, hasNumbered: false };
    if (below.count === 0 && isContainer(line)) continue;
    kept.push({
      line,
      path: line.path === "/" ? root : `${root}${line.path}`,
      acl: aclOf(line),
      children: below.count,
      hasNumberedChildren: below.hasNumbered,
    });
    const at = line.path.lastIndexOf("/");
    const parent = line.path.slice(0, at) || "/";
    const siblings = children.get(parent) ?? { count: 0, hasNumbered: false };
    siblings.count++;
    siblings.hasNumbered ||= NUMBERED.test(line.path);
    children.set(parent, siblings);
  }
  return kept.reverse();
}

function isContainer({ path, children_made: made }: NodeLine): boolean {
  return made > 0 && directoryMode(path.split("/").filter((each) => each !== "")) === "container";
}

/**
 * What makes one node as it was. Its version is a fencing token, which later steps compare and which must
 * never be given out twice: it cannot be set, so the node is written as often as it was written before,
 * with nothing until the last time.
 */
export function* opsOf({ line, path, acl }: PlannedNode): Generator<Op, void> {
  const data = withOwnTime(line, dataOf(line));
  const mode = isContainer(line) ? "container" : "persistent";
  yield { type: "create", path, data: line.version === 0 ? data : EMPTY, mode, acl };
  for (let version = 0; version < line.version; version++) {
    yield { type: "set", path, data: version === line.version - 1 ? data : EMPTY, version };
  }
}

/**
 * What brings the counter of sequential names below a node to where it was, once its children are there.
 * The server counts what is made and never what is removed, so as many nodes are made and removed again
 * as are missing. Only where such names are: nothing else reads the counter, and that of a container begins
 * anew with each container anyway.
 */
export function* counterOps(node: PlannedNode): Generator<Op, void> {
  if (!node.hasNumberedChildren || isContainer(node.line)) return;
  const path = `${node.path}/counted`;
  for (let made = node.children; made < node.line.children_made; made++) {
    yield { type: "create", path, data: EMPTY };
    yield { type: "delete", path };
  }
}

/** The operations in groups that fit into a transaction each, in order. */
export function* transactions(ops: Iterable<Op>): Generator<Op[], void> {
  let group: Op[] = [];
  let bytes = 0;
  for (const op of ops) {
    const size = op.path.length + ("data" in op ? op.data?.length ?? 0 : 0) + OP_BYTES;
    if (group.length === MAX_OPS || (bytes + size > MAX_BYTES && group.length > 0)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(op);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** Bytes of an operation besides its path and data, with an ACL of a usual length. */
const OP_BYTES = 120;
