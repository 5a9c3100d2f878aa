import { OrchestratorError } from "../../domain/errors.ts";
import type { InstanceId, TaskId } from "../../domain/ids.ts";
import { FleetPause } from "../../domain/pause.ts";
import { LANE_ANY, laneOfInstance, laneOfRole, parseEntryName, place } from "../../domain/place.ts";
import { type Act, hasStep } from "../../domain/step.ts";
import type { Link, Role, Task } from "../../domain/task.ts";
import { claim } from "../../domain/transitions.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import { type Candidate, type Lane, readCandidates, readLanes } from "./candidates.ts";
import { isLoss, readAgain } from "../losses.ts";
import { change, contention, type Decision, stepOps } from "./change.ts";
import type { ClaimWindow } from "./claim_window.ts";
import { isAnythingDue, moveDue, readLaterNames } from "./due.ts";
import type { Recovery } from "../recovery.ts";
import { setAside } from "./set_aside.ts";
import type { Found, TaskStore } from "./store.ts";
import { wakeIfPossible } from "./wake.ts";

/** Who claims, and so which lanes it may take from. */
export interface Claimer {
  readonly id: InstanceId;
  readonly name: string;
  readonly role: Role;
}

export interface ClaimOptions {
  /** This task, or none. */
  readonly taskId?: TaskId | undefined;
  /** Only tasks of this link. */
  readonly link?: Link | undefined;
  /** false: tasks for other roles too. Default true. */
  readonly roleFilter?: boolean | undefined;
}

/** Claims, and transactions tried for them, since the start: the price of contention. */
export interface ClaimStatistics {
  claims: number;
  tries: number;
}

/** What a claimer keeps from one claim to the next. */
export interface ClaimState {
  readonly window: ClaimWindow;
  readonly statistics: ClaimStatistics;
  readonly recovery: Recovery;
  /** Entries that did not fit their record, with the record's version: a second time is no race. */
  readonly suspects: Map<string, number>;
  /** Whether owners that are gone were looked for since the start. */
  hasScanned: boolean;
}

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

/** Claims one task by its id; throws NOT_CLAIMABLE, TASK_NOT_FOUND, FLEET_PAUSED, MEMBER_NOT_FOUND. */
export async function claimById(
  store: TaskStore,
  claimer: Claimer,
  id: TaskId,
  options: ClaimOptions,
): Promise<Task> {
  const act = store.act(claimer);
  const pause = await readAgain(store, () => readPause(store));
  if (pause !== null) {
    throw new OrchestratorError("FLEET_PAUSED", `Cannot claim "${id}": paused until ${pause}`, {
      details: { until: pause },
    });
  }
  const { task } = await change(store, id, act, async (found) => {
    const { role, assigned_to } = found.task;
    const isForOthers = role !== null && role !== claimer.role && assigned_to === null;
    if (isForOthers && options.roleFilter !== false) {
      throw new OrchestratorError("NOT_CLAIMABLE", `Cannot claim "${id}": it is for ${role}`, {
        hint: "Use --no-role-filter to claim it all the same",
        details: { task_id: id, role },
      });
    }
    return await decideClaim(store, claimer, act, found);
  });
  return task;
}

/** The step of a claim, which only a member may take, and only while it is one. */
async function decideClaim(
  store: TaskStore,
  claimer: Claimer,
  act: Act,
  { task, version }: Found,
): Promise<Decision> {
  const step = claim(task, claimer, act, version);
  const guard = memberGuard(store, claimer.id);
  if (await store.tree.zk.exists(guard.path) === null) throw notRegistered(claimer.id);
  return { ...step, guards: [guard] };
}

interface Survey {
  readonly isPaused: boolean;
  readonly lanes: Lane[];
  readonly wakes: TaskId[];
  readonly isAnythingDue: boolean;
}

/** One round trip (two without the role filter): all that a claimer must know before it picks. */
async function look(store: TaskStore, claimer: Claimer, options: ClaimOptions): Promise<Survey> {
  const now = store.clock.now();
  store.ledger.prepare();
  const [, pause, lanes, wakes, later] = await Promise.all([
    store.tree.sync(),
    readPause(store),
    lanesOf(store, claimer, options).then((names) => readLanes(store, names)),
    store.tree.children(store.path("wake")),
    readLaterNames(store, now),
  ]);
  return {
    isPaused: pause !== null,
    lanes,
    wakes: wakes.flatMap((name) => parseEntryName(name)?.id ?? []),
    isAnythingDue: isAnythingDue(later, now),
  };
}

/** The lanes that a claimer may take from. */
async function lanesOf(
  store: TaskStore,
  claimer: Claimer,
  options: ClaimOptions,
): Promise<string[]> {
  const mine = [laneOfInstance(claimer.id), laneOfRole(claimer.role), LANE_ANY];
  if (options.roleFilter !== false) return mine;
  const all = await store.tree.children(store.path("ready"));
  return [...new Set([...mine, ...all.filter((name) => name.startsWith("role-"))])];
}

/** Until when the team is paused; null where it is not. */
async function readPause(store: TaskStore): Promise<string | null> {
  const read = await store.tree.read(store.tree.path("pause"), FleetPause);
  if (read.kind === "corrupt") store.onProblem(read);
  if (read.kind !== "found" || Date.parse(read.value.until) <= store.clock.now()) return null;
  return read.value.until;
}

/** Tries one candidate; null where somebody else has it. */
async function claimCandidate(
  store: TaskStore,
  state: ClaimState,
  claimer: Claimer,
  candidate: Candidate,
): Promise<Task | null> {
  const { id, entry } = candidate;
  const read = await readAgain(store, () => store.read(id));
  if (read.kind !== "found") {
    await setAsideIfCertain(state, candidate, -1, () => setAside(store, candidate, read));
    return null;
  }
  const found = { task: read.value, version: read.stat.version };
  if (store.path(...place(found.task)) !== entry) {
    const stray: Op[] = [
      { type: "check", path: store.recordPath(id), version: found.version },
      { type: "delete", path: entry },
    ];
    await setAsideIfCertain(state, candidate, found.version, async () => {
      store.onProblem({ path: entry, problem: `task is ${found.task.status}` });
      await store.ledger.commit(stray, null);
    });
    return null;
  }
  const act = store.act(claimer);
  const step = claim(found.task, claimer, act, found.version);
  state.statistics.tries++;
  try {
    const ops = [memberGuard(store, claimer.id), ...stepOps(store, found, step.task)];
    await store.ledger.commit(ops, step.event);
    return step.task;
  } catch (error) {
    if (isConflict(error)) {
      if (error.index === 0) throw notRegistered(claimer.id);
      return null;
    }
    if (!isLoss(error)) throw error;
    return await resolveClaim(store, claimer, id, act);
  }
}

/**
 * After a lost reply: the same claim again, under the same mark, until it is certain whose the task is.
 * Nothing else may be claimed before that, or this one could become ours without our knowing.
 */
async function resolveClaim(
  store: TaskStore,
  claimer: Claimer,
  id: TaskId,
  act: Act,
): Promise<Task | null> {
  try {
    const { task } = await change(
      store,
      id,
      act,
      (found) => hasStep(found.task, act.nonce) ? null : decideClaim(store, claimer, act, found),
    );
    // Its mark, but no longer its claim: it was ours, and was recovered meanwhile.
    return task.claim?.nonce === act.nonce ? task : null;
  } catch (error) {
    if (error instanceof OrchestratorError && error.code === "NOT_CLAIMABLE") return null;
    throw error;
  }
}

/** Acts on an entry that does not fit its record only if it still does not at a second meeting. */
async function setAsideIfCertain(
  state: ClaimState,
  { entry }: Candidate,
  version: number,
  put: () => Promise<void>,
): Promise<void> {
  if (state.suspects.get(entry) !== version) {
    state.suspects.set(entry, version);
    return;
  }
  state.suspects.delete(entry);
  try {
    await put();
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

function memberGuard(store: TaskStore, id: InstanceId): Extract<Op, { type: "check" }> {
  return { type: "check", path: store.tree.path("instances", id) };
}

function notRegistered(id: InstanceId): OrchestratorError {
  return new OrchestratorError("MEMBER_NOT_FOUND", `Cannot claim: "${id}" is not registered`, {
    hint: "Run register first",
    details: { instance_id: id },
  });
}
