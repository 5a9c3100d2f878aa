import type { WatchListener } from "../zookeeper.ts";

/**
 * What a one-shot watch waits for: `data` (node changed or deleted), `exists` (the same, or created,
 * of a node that was not there), `children` (list changed, or node deleted).
 */
export type OneShotKind = "data" | "exists" | "children";

/** The one-shot watches of a client, by path on the server. A listener is called once, then gone. */
export class OneShotWatches {
  readonly #listeners = {
    data: new Map<string, Set<WatchListener>>(),
    exists: new Map<string, Set<WatchListener>>(),
    children: new Map<string, Set<WatchListener>>(),
  };

  add(kind: OneShotKind, path: string, listener: WatchListener): void {
    const listeners = this.#listeners[kind];
    const present = listeners.get(path);
    if (present === undefined) listeners.set(path, new Set([listener]));
    else present.add(listener);
  }

  has(path: string): boolean {
    const { data, exists, children } = this.#listeners;
    return data.has(path) || exists.has(path) || children.has(path);
  }

  /** Takes out the listeners of a path. */
  take(kinds: readonly OneShotKind[], path: string): WatchListener[] {
    const taken: WatchListener[] = [];
    for (const kind of kinds) {
      const listeners = this.#listeners[kind].get(path);
      if (listeners === undefined) continue;
      this.#listeners[kind].delete(path);
      taken.push(...listeners);
    }
    return taken;
  }

  /** Takes out all listeners. */
  takeAll(): WatchListener[] {
    const kinds = Object.values(this.#listeners);
    const taken = kinds.flatMap((listeners) => [...listeners.values()].flatMap((set) => [...set]));
    for (const listeners of kinds) listeners.clear();
    return taken;
  }

  paths(kind: OneShotKind): Iterable<string> {
    return this.#listeners[kind].keys();
  }
}
