import type * as z from "zod";
import { isZooKeeperError } from "../zookeeper/errors.ts";
import type { Stat, ZooKeeper } from "../zookeeper/zookeeper.ts";
import { decodePayload } from "./payload.ts";

/** What reading one node came to. `stat.version` is what a later step must name. */
export type Read<T> =
  | { readonly kind: "found"; readonly value: T; readonly stat: Stat }
  | { readonly kind: "missing" }
  | Corrupt;

/** A node whose payload does not parse: reported, set aside, never deleted. */
export interface Corrupt {
  /** Tells it from what was found. */
  readonly kind: "corrupt";
  /** Full path of the node. */
  readonly path: string;
  /** What is wrong with it, for people. */
  readonly problem: string;
  /** The node's; its `version` names what was read. */
  readonly stat: Stat;
}

/**
 * The part of ZooKeeper that belongs to one team: everything below `root`. Reads here are of the
 * connected server, which may lag behind the leader; `sync` pipelined before them makes them fresh.
 */
export class Tree {
  readonly zk: ZooKeeper;
  /** Begins with `/`, does not end with one; `/` itself stands for no root. */
  readonly root: string;

  constructor(zk: ZooKeeper, root: string) {
    this.zk = zk;
    this.root = root === "/" ? "" : root;
  }

  /** Full path of a node below the root: `path("tasks", "wake")`. */
  path(...segments: string[]): string {
    return segments.length === 0 ? this.root || "/" : `${this.root}/${segments.join("/")}`;
  }

  /** Segments of a full path below the root. */
  segments(path: string): string[] {
    return path.slice(this.root.length + 1).split("/").filter((segment) => segment !== "");
  }

  /** Reads one node by its schema. */
  async read<S extends z.ZodType>(path: string, schema: S): Promise<Read<z.output<S>>> {
    const node = await this.data(path);
    if (node === null) return { kind: "missing" };
    const decoded = decodePayload(node.data, schema);
    return decoded.ok
      ? { kind: "found", value: decoded.value, stat: node.stat }
      : { kind: "corrupt", path, problem: decoded.problem, stat: node.stat };
  }

  /** Data and stat of one node; null where there is none. */
  async data(path: string): Promise<{ data: Uint8Array; stat: Stat } | null> {
    try {
      return await this.zk.getData(path);
    } catch (error) {
      if (isZooKeeperError(error, "NO_NODE")) return null;
      throw error;
    }
  }

  /** Names below a node, sorted; none where there is no such node. */
  async children(path: string): Promise<string[]> {
    try {
      return (await this.zk.getChildren(path)).children.sort();
    } catch (error) {
      if (isZooKeeperError(error, "NO_NODE")) return [];
      throw error;
    }
  }

  /** Count of names below a node, without reading them. */
  async count(path: string): Promise<number> {
    return (await this.zk.exists(path))?.numChildren ?? 0;
  }

  /** Brings the connected server up to date; reads that are sent after the call see that state. */
  sync(): Promise<void> {
    return this.zk.sync(this.path());
  }
}
