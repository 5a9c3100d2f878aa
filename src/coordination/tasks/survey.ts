import { LANE_ANY, laneOfInstance, laneOfRole, parseEntryName } from "../../domain/place.ts";
import type { InstanceId, TaskId } from "../../domain/ids.ts";
import { DEFAULT_ROLE } from "../../domain/member.ts";
import type { Link, Role } from "../../domain/task.ts";
import { standingPause } from "../standing_pause.ts";
import { type Lane, readLanes } from "./candidates.ts";
import { isAnythingDue, readLaterNames } from "./due.ts";
import type { TaskStore } from "./store.ts";

/** Who claims, and so which lanes it may take from. */
export interface Claimer {
  /** A member's: a claim by somebody who is not on the team is refused (MEMBER_NOT_FOUND). */
  readonly id: InstanceId;
  /** Shown as `owner_name` of the claim. */
  readonly name: string;
  /** Takes tasks for this role and for anybody; `general` takes those of every role. */
  readonly role: Role;
}

/** Which tasks come into question. */
export interface ClaimOptions {
  /** This task, or none. */
  readonly taskId?: TaskId | undefined;
  /** Only tasks of this link. */
  readonly link?: Link | undefined;
  /** false: tasks for other roles too. Default true. */
  readonly roleFilter?: boolean | undefined;
}

/** What a claimer must know before it picks. */
export interface Survey {
  readonly isPaused: boolean;
  readonly lanes: Lane[];
  readonly wakes: TaskId[];
  readonly isAnythingDue: boolean;
}

/** One round trip, or two where a claimer takes tasks of other roles and there are some. */
export async function look(
  store: TaskStore,
  claimer: Claimer,
  options: ClaimOptions,
): Promise<Survey> {
  const now = store.clock.now();
  store.ledger.prepare();
  const [, pause, lanes, wakes, later] = await Promise.all([
    store.tree.sync(),
    pausedUntil(store),
    lanesOf(store, claimer, options),
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

/** Whether a claimer takes tasks for whatever role: of the role `general`, or without the filter. */
export function takesAnyRole(claimer: Claimer, options: Pick<ClaimOptions, "roleFilter">): boolean {
  return options.roleFilter === false || claimer.role === DEFAULT_ROLE;
}

/** The lanes that a claimer may take from; a second round only where there are other roles' tasks. */
async function lanesOf(store: TaskStore, claimer: Claimer, options: ClaimOptions): Promise<Lane[]> {
  const mine = [laneOfInstance(claimer.id), laneOfRole(claimer.role), LANE_ANY];
  const [lanes, all] = await Promise.all([
    readLanes(store, mine),
    takesAnyRole(claimer, options) ? store.tree.children(store.path("ready")) : [],
  ]);
  const others = all.filter((name) => name.startsWith("role-") && !mine.includes(name));
  return others.length === 0 ? lanes : [...lanes, ...await readLanes(store, others)];
}

/** Until when the team is paused; null where it is not. */
export async function pausedUntil({ tree, clock, onProblem }: TaskStore): Promise<string | null> {
  return (await standingPause(tree, clock, onProblem))?.until ?? null;
}
