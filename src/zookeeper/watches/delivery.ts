import type { WatchEvent, WatchListener } from "../zookeeper.ts";

/** Listeners of a user may throw: what becomes of that. */
export type ErrorReporter = (error: unknown) => void;

/** Rethrows where nothing of the client is on the stack, so that it is seen and breaks nothing. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * Calls a listener behind the promise reactions that are queued already, so that a user who awaits
 * a reply has it before the events that came after it.
 */
export function deliver(listener: WatchListener, event: WatchEvent, report: ErrorReporter): void {
  queueMicrotask(() => {
    try {
      listener(event);
    } catch (error) {
      report(error);
    }
  });
}
