import { OrchestratorError } from "../../domain/errors.ts";
import { isZooKeeperError } from "../../zookeeper/errors.ts";
import type { Acl, Op, ZooKeeper } from "../../zookeeper/zookeeper.ts";
import { counterOps, opsOf, type PlannedNode, plannedNodes, transactions } from "./import_plan.ts";
import { isOpen, type NodeLine } from "./node_line.ts";
import type { ExportedTree } from "./read_export.ts";

/** Transactions that are on their way at once; a session's are carried out in their order. */
const IN_FLIGHT = 8;

/** Nodes that are read or removed at once. */
const AT_ONCE = 128;

/** Where a tree is brought to, and as whose. */
export interface ImportOptions {
  /** Path of the team's root on this server. */
  readonly root: string;
  /** What nodes are made with that everybody could read and change. */
  readonly openAcl: readonly Acl[];
  /** Give every node `openAcl`, also those that only one identity could change. */
  readonly takeOver: boolean;
  /** Remove what is below the root before. */
  readonly overwrite: boolean;
}

/** What an import has made. */
export interface Imported {
  readonly nodes: number;
  /** Writes that it took, to bring versions and counters to where they were. */
  readonly operations: number;
  /** Nodes that were below the root before, and were removed. */
  readonly removed: number;
}

/**
 * Makes a tree as it was exported: the same data, the same versions, the same counters of sequential
 * names, so that every fencing token given out before is worth the same as before, and none is given out
 * again. Times of nodes are new: a lease begins anew with the import.
 *
 * Throws TREE_EXISTS where there is something already, NOT_ALLOWED where nodes belong to an identity that
 * this one is not; ZooKeeperError, with a part of the tree there, which the next import overwrites.
 */
export async function importTree(
  zk: ZooKeeper,
  tree: ExportedTree,
  options: ImportOptions,
): Promise<Imported> {
  const { root } = options;
  const nodes = plannedNodes(tree.nodes, root, (line) => aclFor(line, options));
  await zk.sync(root);
  const removed = await clearRoot(zk, options);
  await makeAncestors(zk, root);
  const counted = { operations: 0 };
  await commitAll(zk, allOps(nodes, counted));
  await requireVersions(zk, nodes);
  return { nodes: nodes.length, operations: counted.operations, removed };
}

function* allOps(nodes: readonly PlannedNode[], counted: { operations: number }): Generator<Op> {
  for (const node of nodes) {
    for (const op of opsOf(node)) {
      counted.operations++;
      yield op;
    }
  }
  for (const node of nodes) {
    for (const op of counterOps(node)) {
      counted.operations++;
      yield op;
    }
  }
}

/** Everybody's nodes become this identity's, as every command makes them; others keep what they have. */
function aclFor({ path, acl }: NodeLine, { openAcl, takeOver }: ImportOptions): readonly Acl[] {
  if (acl === undefined || takeOver) return openAcl;
  const own = openAcl[0];
  const isOwn = !isOpen(openAcl) &&
    acl.some(({ scheme, id }) => scheme === own?.scheme && id === own.id);
  if (isOwn) return acl;
  throw new OrchestratorError(
    "NOT_ALLOWED",
    `"${path}" belongs to an identity that this one is not`,
    {
      hint: "Set zookeeper.auth as the team had it, or take the nodes over with --take-over",
      details: { path },
    },
  );
}

async function clearRoot(zk: ZooKeeper, { root, overwrite }: ImportOptions): Promise<number> {
  const stat = await zk.exists(root);
  if (stat === null) return 0;
  if (stat.numChildren === 0 && stat.dataLength === 0) {
    await zk.delete(root);
    return 0;
  }
  if (!overwrite) {
    throw new OrchestratorError("TREE_EXISTS", `There is a team below "${root}" already`, {
      hint: "Remove it with --overwrite, or import below another zookeeper.root_path",
      details: { root },
    });
  }
  const paths = await pathsBelow(zk, root);
  for (let end = paths.length; end > 0; end -= AT_ONCE) {
    const group = paths.slice(Math.max(0, end - AT_ONCE), end).reverse();
    await Promise.all(group.map((path) => remove(zk, path)));
  }
  return paths.length;
}

/** The server may have removed a container by itself as soon as it was empty. */
async function remove(zk: ZooKeeper, path: string): Promise<void> {
  try {
    await zk.delete(path);
  } catch (error) {
    if (!isZooKeeperError(error, "NO_NODE")) throw error;
  }
}

/** A node and all below it, parents first. Throws where somebody's session is at work in it. */
async function pathsBelow(zk: ZooKeeper, root: string): Promise<string[]> {
  const paths = [root];
  for (let index = 0; index < paths.length;) {
    const some = paths.slice(index, index + AT_ONCE);
    index += some.length;
    const read = await Promise.all(some.map((path) => zk.getChildren(path)));
    for (const [at, { children, stat }] of read.entries()) {
      if (stat.ephemeralOwner !== 0n) {
        throw new OrchestratorError("TREE_EXISTS", `The team below "${root}" is at work`, {
          hint: "Stop its Leader and its Workers before you overwrite it",
          details: { path: some[at] },
        });
      }
      paths.push(...children.map((name) => `${some[at]}/${name}`));
    }
  }
  return paths;
}

async function makeAncestors(zk: ZooKeeper, root: string): Promise<void> {
  const segments = root.split("/").slice(1, -1);
  for (const [index] of segments.entries()) {
    try {
      await zk.create(`/${segments.slice(0, index + 1).join("/")}`);
    } catch (error) {
      if (!isZooKeeperError(error, "NODE_EXISTS")) throw error;
    }
  }
}

/** A failed one stops those that were not yet sent; the others fail too, as their parents are missing. */
async function commitAll(zk: ZooKeeper, ops: Iterable<Op>): Promise<void> {
  const flying: Promise<unknown>[] = [];
  try {
    for (const group of transactions(ops)) {
      const sent = zk.multi(group);
      // Whoever awaits it sees the error; until then nobody may.
      sent.catch(() => {});
      flying.push(sent);
      if (flying.length === IN_FLIGHT) await flying.shift();
    }
  } finally {
    await Promise.all(flying);
  }
}

/** Reads every version back: a token that is worth something else must not go unnoticed. */
async function requireVersions(zk: ZooKeeper, nodes: readonly PlannedNode[]): Promise<void> {
  for (let index = 0; index < nodes.length; index += AT_ONCE) {
    await Promise.all(
      nodes.slice(index, index + AT_ONCE).map(async ({ path, line }) => {
        const stat = await zk.exists(path);
        if (stat?.version === line.version) return;
        throw new OrchestratorError("CONTENTION", `"${path}" was changed while it was imported`, {
          hint: "Stop whoever is at work there, and import again with --overwrite",
          details: { path },
        });
      }),
    );
  }
}
