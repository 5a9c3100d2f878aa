import { OrchestratorError } from "../../domain/errors.ts";
import { LANE_ANY, laneOfInstance, laneOfRole } from "../../domain/place.ts";
import { FleetPause } from "../../domain/pause.ts";
import type { Task } from "../../domain/task.ts";
import { sleep } from "../../platform/clock.ts";
import { WatchView } from "../watch_view.ts";
import { isLoss } from "../losses.ts";
import { nextDue } from "./due.ts";
import type { TaskStore } from "./store.ts";
import { type Claimer, type ClaimOptions, takesAnyRole } from "./survey.ts";

/** ms after which a waiting claimer looks again though nothing was seen. */
const RECHECK_MS = 30_000;
/** Members that may act on one event at the same moment. */
const FEW = 8;
/** ms by which each member more adds to the time over which those who saw one event spread. */
const SPREAD_MS = 2;

/** ms before a look at what became due between the last look and the wait. */
const OVERDUE_MS = 100;

/** ms that a claimer waits for its own registration before it is told that there is none. */
const AWAY_MS = 5_000;
/** Exponent of two of the longest pause, in ms, after a claim that a broken connection ended. */
const PAUSE_AFTER_LOSS = 6;

/** Directories, deepest first, below a ready lane: for servers that have one-shot watches only. */
const LANE_LEVELS = 3;

/**
 * Claims; and where there is nothing, waits for a change of what it may take (or of the members, of
 * what is owed, of the pause, or for the next task to become due) and claims again.
 */
export async function waitForWork(
  store: TaskStore,
  claim: () => Promise<Task | null>,
  claimer: Claimer,
  options: ClaimOptions,
  signal: AbortSignal,
): Promise<Task> {
  const { tree, clock } = store;
  const looked = targets(store, claimer, options);
  const view = await WatchView.openPatiently(tree.zk, looked, clock, signal);
  let hasLooked = false;
  /** Until when the claimer's own node may be away, as it is between two sessions. */
  let awayUntil: number | null = null;
  try {
    for (;;) {
      const atMost = awayUntil === null ? RECHECK_MS : awayUntil - store.clock.monotonic();
      await view.next({ signal, withinMs: hasLooked ? await msUntilNext(store, atMost) : 0 });
      if (hasLooked) await spread(store, signal);
      hasLooked = true;
      try {
        const task = await claim();
        if (task !== null) return task;
        awayUntil = null;
      } catch (error) {
        if (isLoss(error)) {
          await store.backOff(PAUSE_AFTER_LOSS, signal);
          continue;
        }
        const isAway = error instanceof OrchestratorError && error.code === "MEMBER_NOT_FOUND";
        awayUntil ??= store.clock.monotonic() + AWAY_MS;
        if (!isAway || store.clock.monotonic() >= awayUntil) throw error;
      }
    }
  } finally {
    await view.close();
  }
}

function targets(store: TaskStore, claimer: Claimer, options: ClaimOptions) {
  const lanes = takesAnyRole(claimer, options)
    ? [[]]
    : [[laneOfInstance(claimer.id)], [laneOfRole(claimer.role)], [LANE_ANY]];
  return [
    ...lanes.map((lane) => ({
      path: store.path("ready", ...lane),
      recursive: true,
      levels: LANE_LEVELS + 1 - lane.length,
    })),
    { path: store.tree.path("instances") },
    { path: store.path("wake") },
    { path: store.tree.path("pause") },
  ];
}

/** ms until something happens that nobody tells: a task becomes due, the pause ends. */
async function msUntilNext(store: TaskStore, atMost: number): Promise<number> {
  try {
    const [due, pause] = await Promise.all([
      nextDue(store),
      store.tree.read(store.tree.path("pause"), FleetPause),
    ]);
    const now = store.clock.now();
    const pausedMs = pause.kind === "found" ? Date.parse(pause.value.until) - now : 0;
    // Until a pause is over, nothing that becomes due can be claimed.
    const waits = pausedMs > 0
      ? [pausedMs + 1]
      : due === null
      ? []
      : [Math.max(due - now + 1, OVERDUE_MS)];
    return Math.min(Math.max(0, atMost), ...waits);
  } catch (error) {
    if (!isLoss(error)) throw error;
    return atMost;
  }
}

/** Everybody who waits sees the same event; where they are many, they do not all act on it at once. */
async function spread(store: TaskStore, signal: AbortSignal): Promise<void> {
  const members = await store.tree.count(store.tree.path("instances")).catch(() => 1);
  if (members <= FEW) return;
  await sleep(store.clock, store.random.next() * SPREAD_MS * (members - FEW), signal);
}
