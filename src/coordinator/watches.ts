import { AddWatchMode, EventType, WatcherType } from "../zookeeper/protocol/opcodes.ts";
import type { AclList } from "./acl.ts";
import { type Watcher, WatchMode, WatchTable } from "./watch_table.ts";

/**
 * The watches of all connections, after `DataTree` of ZooKeeper 3.8.4: since then, who may not read a
 * node does not hear of it either (CVE-2024-23944), and Debian's 3.8.0 has that as well.
 */
export class Watches {
  readonly #data = new WatchTable();
  readonly #children = new WatchTable();

  /** Watches standing, each once a connection, a path and a kind. */
  get size(): number {
    return this.#data.size + this.#children.size;
  }

  /** For the next change of a node's data or existence. */
  addData(path: string, watcher: Watcher, mode: WatchMode = WatchMode.oneShot): void {
    this.#data.add(path, watcher, mode);
  }

  /** For the next change of a node's child list. */
  addChildren(path: string, watcher: Watcher, mode: WatchMode = WatchMode.oneShot): void {
    this.#children.add(path, watcher, mode);
  }

  /** For all changes from now on; the last of several on one path counts. False for a mode unknown. */
  addStanding(path: string, watcher: Watcher, mode: number): boolean {
    if (mode !== AddWatchMode.persistent && mode !== AddWatchMode.persistentRecursive) return false;
    const standing = mode === AddWatchMode.persistent ? WatchMode.persistent : WatchMode.recursive;
    this.#data.add(path, watcher, standing);
    this.#children.add(path, watcher, standing);
    return true;
  }

  /** Whether there was one to remove; null for a `WatcherType` unknown. */
  remove(path: string, watcher: Watcher, type: number): boolean | null {
    switch (type) {
      case WatcherType.children:
        return this.#children.remove(path, watcher);
      case WatcherType.data:
        return this.#data.remove(path, watcher);
      case WatcherType.any: {
        const removed = this.#children.remove(path, watcher);
        return this.#data.remove(path, watcher) || removed;
      }
      default:
        return null;
    }
  }

  /** Whether there is one that `remove` would find; null for a `WatcherType` unknown. */
  has(path: string, watcher: Watcher, type: number): boolean | null {
    switch (type) {
      case WatcherType.children:
        return this.#children.has(path, watcher);
      case WatcherType.data:
        return this.#data.has(path, watcher);
      case WatcherType.any:
        return this.#children.has(path, watcher) || this.#data.has(path, watcher);
      default:
        return null;
    }
  }

  /** Forgets a connection. */
  drop(watcher: Watcher): void {
    this.#data.drop(watcher);
    this.#children.drop(watcher);
  }

  created(path: string, acl: AclList, parent: string, parentAcl: AclList): void {
    this.#data.trigger({ type: EventType.created, path, acl });
    this.#listChanged(parent, parentAcl);
  }

  changed(path: string, acl: AclList): void {
    this.#data.trigger({ type: EventType.changed, path, acl });
  }

  /** Who watches both the data and the children of the node hears of it once. */
  deleted(path: string, acl: AclList, parent: string, parentAcl: AclList): void {
    const event = { type: EventType.deleted, path, acl };
    this.#children.trigger(event, this.#data.trigger(event));
    this.#listChanged(parent, parentAcl);
  }

  #listChanged(path: string, acl: AclList): void {
    this.#children.trigger({ type: EventType.childrenChanged, path, acl });
  }
}
