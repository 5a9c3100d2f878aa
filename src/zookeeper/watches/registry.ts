import { AddWatchMode, EventType, OpCode, WatcherType } from "../protocol/opcodes.ts";
import type { WatcherEvent } from "../protocol/records.ts";
import { addWatchRequest, removeWatchesRequest } from "../protocol/requests.ts";
import type { Chroot } from "../paths.ts";
import type { Request } from "../session/call.ts";
import type { WatchEvent, WatchListener } from "../zookeeper.ts";
import { deliver, type ErrorReporter } from "./delivery.ts";
import { type OneShotKind, OneShotWatches } from "./one_shot.ts";
import { parentOf, PersistentWatches, type Registration } from "./persistent.ts";
import { restoreRequests, type WatchToRestore } from "./restore.ts";

type Mode = "persistent" | "recursive";

const ONE_SHOT_KINDS: Readonly<Record<string, readonly OneShotKind[]>> = {
  created: ["data", "exists"],
  changed: ["data", "exists"],
  deleted: ["data", "exists", "children"],
  children_changed: ["children"],
};

/**
 * Listeners of a client, and the watches on the server that serve them. Up to 3.9 a server keeps one
 * watch a path and connection, and each new one replaces the last (`WatchManager.addWatch`, measured
 * against 3.8.0): a persistent watch takes the place of a recursive one, and a one-shot watch that
 * of either. So one watch, the widest asked for, serves all listeners of a path:
 *
 * - a recursive one also serves persistent and one-shot listeners; it sends no `children_changed`,
 *   which is made here out of the creation and deletion of children;
 * - a read with a one-shot listener asks for no watch where a persistent one stands.
 */
export class WatchRegistry {
  readonly #chroot: Chroot;
  readonly #report: ErrorReporter;
  readonly #oneShot = new OneShotWatches();
  readonly #persistent = new PersistentWatches();
  /** Persistent watches that stand on the present connection once all that was sent is carried out. */
  readonly #onServer = new Map<string, Mode>();

  constructor(chroot: Chroot, report: ErrorReporter) {
    this.#chroot = chroot;
    this.#report = report;
  }

  /** Whether a persistent watch stands at just this path: a read needs no watch of its own. */
  covers(path: string): boolean {
    return this.#onServer.has(path);
  }

  /** Registers a one-shot listener when the reply is there; `covered` as it was at sending. */
  addOneShot(kind: OneShotKind, path: string, listener: WatchListener, covered: boolean): void {
    if (covered && !this.#onServer.has(path)) {
      // The watch that was to serve it went while the read was under way.
      return deliver(listener, { type: "resumed" }, this.#report);
    }
    this.#oneShot.add(kind, path, listener);
  }

  /** Registers a persistent listener; returns the mode to ask the server for. */
  add(registration: Registration): number {
    this.#persistent.add(registration);
    const mode = this.#persistent.modeOf(registration.path) ?? "persistent";
    this.#onServer.set(registration.path, mode);
    return numberOf(mode);
  }

  /** Takes a listener back whose watch the server has refused, or may not have got. */
  withdraw(registration: Registration): void {
    const { path } = registration;
    if (!this.#persistent.remove(registration) || this.#persistent.modeOf(path)) return;
    this.#onServer.delete(path);
    const stranded = this.#oneShot.take(["data", "exists", "children"], path);
    for (const listener of stranded) deliver(listener, { type: "resumed" }, this.#report);
  }

  /** Forgets a listener; returns the request that follows from it, if any. */
  remove(registration: Registration): Request<void> | null {
    return this.#persistent.remove(registration) ? this.#adjust(registration.path) : null;
  }

  /** Calls who listens; returns a request to remove a watch that nobody needs any more, if so. */
  dispatch(event: WatcherEvent): Request<void> | null {
    const type = nameOf(event.type);
    if (type === null) return null;
    this.#announce(type, event.path);
    if (type === "created" || type === "deleted") this.#announceToParent(event.path);
    return this.#onServer.has(event.path) ? this.#adjust(event.path) : null;
  }

  /** The connection is gone, and all watches of the server with it. */
  disconnected(): void {
    this.#onServer.clear();
  }

  /** Requests that set all watches again. One-shot listeners end with the session, by `resumed`. */
  restore(lastZxid: bigint, isNewSession: boolean): readonly Request<void>[] {
    if (isNewSession) {
      for (const listener of this.#oneShot.takeAll()) {
        deliver(listener, { type: "resumed" }, this.#report);
      }
    }
    for (const path of this.#persistent.paths()) {
      this.#onServer.set(path, this.#persistent.modeOf(path) ?? "persistent");
    }
    return restoreRequests(this.#standing(), lastZxid);
  }

  /** All watches stand again. */
  restored(): void {
    for (const registration of this.#persistent.all()) {
      this.#call(registration, { type: "resumed" });
    }
  }

  /** One-shot watches first: on the same path, the persistent one is to replace it. */
  *#standing(): Generator<WatchToRestore> {
    for (const kind of ["data", "exists", "children"] as const) {
      for (const path of this.#oneShot.paths(kind)) yield { kind, path };
    }
    for (const [path, kind] of this.#onServer) yield { kind, path };
  }

  #announce(type: keyof typeof ONE_SHOT_KINDS & ChangeType, path: string): void {
    if (!this.#chroot.contains(path)) return;
    const event = { type, path: this.#chroot.toClient(path) };
    for (const listener of this.#oneShot.take(ONE_SHOT_KINDS[type] ?? [], path)) {
      deliver(listener, event, this.#report);
    }
    for (const registration of this.#persistent.at(path)) this.#call(registration, event);
    if (type === "children_changed") return;
    for (const registration of this.#persistent.above(path)) this.#call(registration, event);
  }

  #announceToParent(path: string): void {
    const parent = parentOf(path);
    if (parent === null || this.#onServer.get(parent) !== "recursive") return;
    this.#announce("children_changed", parent);
  }

  #call(registration: Registration, event: WatchEvent): void {
    const listener: WatchListener = (event) => {
      // It may have been removed since the event came.
      if (this.#persistent.has(registration)) registration.listener(event);
    };
    deliver(listener, event, this.#report);
  }

  /** Brings the server's watch at a path to what is still needed. */
  #adjust(path: string): Request<void> | null {
    const present = this.#onServer.get(path);
    const wanted = this.#persistent.modeOf(path);
    if (present === undefined || present === wanted) return null;
    // One-shot listeners that this watch serves keep it until they have fired.
    if (wanted === undefined && this.#oneShot.has(path)) return null;
    if (wanted === undefined) {
      this.#onServer.delete(path);
      return removalOf(path);
    }
    this.#onServer.set(path, wanted);
    return {
      type: OpCode.addWatch,
      write: (writer) => addWatchRequest.write(writer, { path, mode: numberOf(wanted) }),
      read: () => {},
    };
  }
}

type ChangeType = Exclude<WatchEvent["type"], "resumed">;

function removalOf(path: string): Request<void> {
  return {
    type: OpCode.removeWatches,
    write: (writer) => removeWatchesRequest.write(writer, { path, type: WatcherType.any }),
    read: () => {},
  };
}

function numberOf(mode: Mode): number {
  return mode === "recursive" ? AddWatchMode.persistentRecursive : AddWatchMode.persistent;
}

/** null for what is not a change of a node, such as the removal of a watch. */
function nameOf(type: number): ChangeType | null {
  switch (type) {
    case EventType.created:
      return "created";
    case EventType.deleted:
      return "deleted";
    case EventType.changed:
      return "changed";
    case EventType.childrenChanged:
      return "children_changed";
    default:
      return null;
  }
}
