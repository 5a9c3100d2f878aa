import type { WatchListener } from "../zookeeper.ts";

/** One `addWatch` of a user. */
export interface Registration {
  /** Path on the server. */
  readonly path: string;
  readonly recursive: boolean;
  readonly listener: WatchListener;
}

/** The persistent watches of a client, by path on the server. */
export class PersistentWatches {
  readonly #byPath = new Map<string, Set<Registration>>();
  #recursiveCount = 0;

  add(registration: Registration): void {
    const present = this.#byPath.get(registration.path);
    if (present?.has(registration)) return;
    if (present === undefined) this.#byPath.set(registration.path, new Set([registration]));
    else present.add(registration);
    if (registration.recursive) this.#recursiveCount++;
  }

  /** Whether it was there. */
  remove(registration: Registration): boolean {
    const present = this.#byPath.get(registration.path);
    if (!present?.delete(registration)) return false;
    if (present.size === 0) this.#byPath.delete(registration.path);
    if (registration.recursive) this.#recursiveCount--;
    return true;
  }

  has(registration: Registration): boolean {
    return this.#byPath.get(registration.path)?.has(registration) ?? false;
  }

  /** Mode that serves all registrations of a path; undefined where there are none. */
  modeOf(path: string): "persistent" | "recursive" | undefined {
    const present = this.#byPath.get(path);
    if (present === undefined) return undefined;
    for (const { recursive } of present) if (recursive) return "recursive";
    return "persistent";
  }

  paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  all(): Registration[] {
    return [...this.#byPath.values()].flatMap((registrations) => [...registrations]);
  }

  /** Those that watch just this node. */
  at(path: string): Registration[] {
    return [...this.#byPath.get(path) ?? []].filter(({ recursive }) => !recursive);
  }

  /** Those that watch everything below a node, for a change at a path: its own and its ancestors'. */
  above(path: string): Registration[] {
    const found: Registration[] = [];
    if (this.#recursiveCount === 0) return found;
    for (let node: string | null = path; node !== null; node = parentOf(node)) {
      for (const registration of this.#byPath.get(node) ?? []) {
        if (registration.recursive) found.push(registration);
      }
    }
    return found;
  }
}

/** Path of the parent; null for the root. */
export function parentOf(path: string): string | null {
  if (path === "/") return null;
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
