import type { Task } from "../../domain/task.ts";
import { readAgain } from "../losses.ts";
import { readCandidates } from "./candidates.ts";
import { contention } from "./change.ts";
import { claimCandidate } from "./claim_one.ts";
import type { ClaimState } from "./claim_state.ts";
import { moveDue } from "./due.ts";
import type { TaskStore } from "./store.ts";
import { type Claimer, type ClaimOptions, look } from "./survey.ts";
import { wakeIfPossible } from "./wake.ts";

/** Conflicts met by one claim before its caller is told to come again. */
const MAX_TRIES = 300;

/**
 * Claims the first task, by priority and then by age, that the claimer may take; null where there is
 * none, or while the team is paused. Works off on the way what somebody who died has left: dependents
 * to be told, tasks that have become due and, when nothing else is there, the work of owners that
 * are gone.
 *
 * @throws OrchestratorError MEMBER_NOT_FOUND: the claimer is not registered; CONTENTION
 */
export async function claimNext(
  store: TaskStore,
  state: ClaimState,
  claimer: Claimer,
  options: ClaimOptions,
): Promise<Task | null> {
  const scan = state.hasScanned ? null : state.recovery.recoverOrphans();
  scan?.catch(() => {});
  state.hasScanned = true;
  const task = await claimFirst(store, state, claimer, options, scan);
  // What the scan began is carried to its end, for the process may end with this claim; a claim that
  // was made is told whatever became of it.
  if (task !== null) await scan?.catch((error: unknown) => reportScan(store, error));
  return task;
}

function reportScan(store: TaskStore, error: unknown): void {
  store.onProblem({ path: store.path("held"), problem: `recovery failed: ${String(error)}` });
}

async function claimFirst(
  store: TaskStore,
  state: ClaimState,
  claimer: Claimer,
  options: ClaimOptions,
  scan: Promise<Task[]> | null,
): Promise<Task | null> {
  let hasTidied = false;
  let hasRecovered = false;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (state.statistics.claims === 0) {
      // Only the directories above this path matter, and only until they have been made once.
      store.ledger.prepare([store.path("held", claimer.id, "claimed", "any")]);
    }
    const survey = await readAgain(store, () => look(store, claimer, options));
    if (survey.isPaused) return null;
    if (!hasTidied && (survey.wakes.length > 0 || survey.isAnythingDue)) {
      hasTidied = true;
      await wakeIfPossible(store, survey.wakes);
      if (survey.isAnythingDue) await moveDue(store, store.clock.now());
      continue;
    }
    const now = store.clock.monotonic();
    const wanted = state.window.size(now);
    const candidates = await readAgain(
      store,
      () => readCandidates(store, survey.lanes, wanted, options.link),
    );
    const first = candidates[0];
    if (first === undefined) {
      if (hasRecovered) return null;
      hasRecovered = true;
      const recovered = await (scan ?? state.recovery.recoverOrphans());
      if (recovered.length === 0) return null;
      continue;
    }
    const at = state.window.pick(candidates.length, first.id, now, store.random.next());
    const task = await claimCandidate(store, state, claimer, candidates[at] ?? first);
    if (task !== null) {
      state.window.success();
      state.statistics.claims++;
      return task;
    }
    state.window.conflict(store.clock.monotonic());
  }
  throw contention("the queue");
}
