import { OrchestratorError } from "../../domain/errors.ts";
import { isZooKeeperError } from "../../zookeeper/errors.ts";
import type { Acl, Stat, WatchEvent, ZooKeeper } from "../../zookeeper/zookeeper.ts";
import { dataFields, isOpen, type NodeLine, type TransferLine } from "./node_line.ts";

/** Nodes that are read at once. */
const AT_ONCE = 128;

interface Node {
  readonly data: Uint8Array;
  readonly stat: Stat;
  readonly acl: readonly Acl[];
  readonly children: readonly string[];
}

/**
 * A team's whole tree, node by node, parents before their children; `root` is its path. It is one state
 * of the tree, or none: where anything changes while it is read, it ends with CONTENTION and without
 * its last line, and an import refuses what was written of it. Also throws TREE_NOT_FOUND;
 * ZooKeeperError.
 */
export async function* exportTree(
  zk: ZooKeeper,
  root: string,
  time: () => string,
): AsyncGenerator<TransferLine, void> {
  await zk.sync(root);
  if (await zk.exists(root) === null) {
    throw new OrchestratorError("TREE_NOT_FOUND", `There is nothing below "${root}"`, {
      hint: "Check zookeeper.url and zookeeper.root_path",
      details: { root },
    });
  }
  const reader = new TreeReader(zk, root);
  const watch = await zk.addWatch(root, { recursive: true }, (event) => reader.noteChange(event));
  try {
    yield { v: 1, type: "export", time: time(), root };
    yield* reader.subtree("");
    // What happened before this reply has been told before it.
    await zk.sync(root);
    reader.requireUnchanged();
    const { nodes, leftOut } = reader;
    yield { v: 1, type: "end", time: time(), nodes, left_out: leftOut };
  } finally {
    await watch.remove().catch(() => {});
  }
}

class TreeReader {
  nodes = 0;
  leftOut = 0;
  readonly #zk: ZooKeeper;
  readonly #root: string;
  #changed: string | null = null;

  constructor(zk: ZooKeeper, root: string) {
    this.#zk = zk;
    this.#root = root;
  }

  noteChange(event: WatchEvent): void {
    this.#changed ??= event.type === "resumed" ? "the connection was lost" : event.path;
  }

  requireUnchanged(): void {
    if (this.#changed === null) return;
    throw new OrchestratorError("CONTENTION", `The tree changed while it was read`, {
      hint: "Stop the Leader, the Workers and scripts, and export again",
      details: { changed: this.#changed },
    });
  }

  /** A node and all below it; `path` is relative to the root, and empty for the root itself. */
  async *subtree(path: string, known?: Node): AsyncGenerator<TransferLine, void> {
    const node = known ?? await this.#read(path);
    this.nodes++;
    yield lineOf(path, node);
    const names = [...node.children].sort();
    for (let index = 0; index < names.length; index += AT_ONCE) {
      const paths = names.slice(index, index + AT_ONCE).map((name) => `${path}/${name}`);
      const children = await Promise.all(paths.map((each) => this.#read(each)));
      this.requireUnchanged();
      for (const [at, child] of children.entries()) {
        if (child.stat.ephemeralOwner !== 0n) this.leftOut++;
        else yield* this.subtree(paths[at] ?? path, child);
      }
    }
  }

  async #read(path: string): Promise<Node> {
    const full = `${this.#root}${path}`;
    try {
      const [{ data, stat }, { acl }] = await Promise.all([
        this.#zk.getData(full),
        this.#zk.getAcl(full),
      ]);
      const { children } = stat.numChildren === 0
        ? { children: [] }
        : await this.#zk.getChildren(full);
      return { data, stat, acl, children };
    } catch (error) {
      if (!isZooKeeperError(error, "NO_NODE")) throw error;
      this.#changed ??= full;
      this.requireUnchanged();
      throw error;
    }
  }
}

function lineOf(path: string, { data, stat, acl }: Node): NodeLine {
  return {
    v: 1,
    type: "node",
    time: new Date(stat.mtime).toISOString(),
    path: path === "" ? "/" : path,
    ...(data.length === 0 ? {} : dataFields(data)),
    version: stat.version,
    // The visible count is of children made and removed: twice those made, less those there.
    children_made: Math.max(stat.numChildren, Math.floor((stat.cversion + stat.numChildren) / 2)),
    ...(isOpen(acl) ? {} : { acl: [...acl] }),
  };
}
