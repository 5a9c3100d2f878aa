import { EventType } from "../zookeeper/protocol/opcodes.ts";
import type { AclList } from "./acl.ts";

/** Hears of changes: a connection. */
export interface Watcher {
  /** `type` is an `EventType`; who may not read a node with this ACL must not hear of it. */
  watched(type: number, path: string, acl: AclList): void;
}

/** A change of one node. */
export interface NodeEvent {
  /** An `EventType`. */
  readonly type: number;
  readonly path: string;
  readonly acl: AclList;
}

/** How long a watch stands, and how far it reaches. */
export const WatchMode = { oneShot: 0, persistent: 1, recursive: 2 } as const;
export type WatchMode = (typeof WatchMode)[keyof typeof WatchMode];

/**
 * Watches of one kind, after `WatchManager` of ZooKeeper 3.8: a watcher has one watch on a path, and
 * the mode given last counts.
 */
export class WatchTable {
  readonly #watchers = new Map<string, Map<Watcher, WatchMode>>();
  readonly #paths = new Map<Watcher, Set<string>>();
  /** Recursive watches standing: without any, only the path itself is looked up. */
  #recursive = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(path: string, watcher: Watcher, mode: WatchMode): void {
    let watchers = this.#watchers.get(path);
    if (watchers === undefined) this.#watchers.set(path, watchers = new Map());
    const before = watchers.get(watcher);
    watchers.set(watcher, mode);
    if (before === WatchMode.recursive) this.#recursive--;
    if (mode === WatchMode.recursive) this.#recursive++;
    if (before !== undefined) return;
    this.#size++;
    const paths = this.#paths.get(watcher);
    if (paths === undefined) this.#paths.set(watcher, new Set([path]));
    else paths.add(path);
  }

  /** Whether there was one. */
  remove(path: string, watcher: Watcher): boolean {
    const watchers = this.#watchers.get(path);
    if (watchers === undefined || !watchers.has(watcher)) return false;
    this.#forget(path, watchers, watcher);
    return true;
  }

  has(path: string, watcher: Watcher): boolean {
    return this.#watchers.get(path)?.has(watcher) ?? false;
  }

  drop(watcher: Watcher): void {
    for (const path of this.#paths.get(watcher) ?? []) this.remove(path, watcher);
  }

  /** Tells each watcher once, but for those in `silent`; returns whom it found, null for nobody. */
  trigger(
    { type, path, acl }: NodeEvent,
    silent: ReadonlySet<Watcher> | null = null,
  ): ReadonlySet<Watcher> | null {
    if (this.#size === 0) return null;
    const found = new Set<Watcher>();
    this.#collectHere(path, type, found);
    if (this.#recursive > 0 && type !== EventType.childrenChanged) {
      for (let at = parentOf(path); at !== null; at = parentOf(at)) this.#collectAbove(at, found);
    }
    if (found.size === 0) return null;
    for (const watcher of found) {
      if (silent === null || !silent.has(watcher)) watcher.watched(type, path, acl);
    }
    return found;
  }

  #collectHere(path: string, type: number, found: Set<Watcher>): void {
    const watchers = this.#watchers.get(path);
    if (watchers === undefined) return;
    for (const [watcher, mode] of watchers) {
      if (mode !== WatchMode.recursive || type !== EventType.childrenChanged) found.add(watcher);
      if (mode === WatchMode.oneShot) this.#forget(path, watchers, watcher);
    }
  }

  #collectAbove(path: string, found: Set<Watcher>): void {
    for (const [watcher, mode] of this.#watchers.get(path) ?? []) {
      if (mode === WatchMode.recursive) found.add(watcher);
    }
  }

  #forget(path: string, watchers: Map<Watcher, WatchMode>, watcher: Watcher): void {
    if (watchers.get(watcher) === WatchMode.recursive) this.#recursive--;
    watchers.delete(watcher);
    if (watchers.size === 0) this.#watchers.delete(path);
    const paths = this.#paths.get(watcher);
    paths?.delete(path);
    if (paths?.size === 0) this.#paths.delete(watcher);
    this.#size--;
  }
}

function parentOf(path: string): string | null {
  if (path.length <= 1) return null;
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}
