import type { ListedMember } from "../coordination/liveness.ts";
import type { Chain } from "../domain/chain.ts";
import type { JournalEvent } from "../domain/event.ts";
import type { ChainId, InstanceId, RequirementId, TaskId } from "../domain/ids.ts";
import type { RequirementStatus } from "../domain/requirement.ts";
import type { Spent } from "../domain/spent.ts";
import type { Link, TaskStatus } from "../domain/task.ts";
import { TASK_STATES } from "../domain/words.ts";
import type { SessionState } from "../zookeeper/zookeeper.ts";

/** Rows of tasks that are kept of each state. */
export const MAX_ROWS: Readonly<Record<TaskStatus, number>> = {
  pending: 50,
  // Whoever works is shown with the work, so these have to reach for a large team.
  claimed: 500,
  in_progress: 500,
  completed: 50,
  blocked: 50,
  failed: 50,
  cancelled: 50,
};
/** Events that are kept. */
export const MAX_EVENTS = 200;
/** Chains that are kept after their end. */
export const MAX_CLOSED_CHAINS = 10;
/** Characters that are kept of a title, a reason or a name. */
export const MAX_TEXT = 300;

/** Who looks at the team: the process that shows the board. */
export interface Onlooker {
  readonly id: InstanceId;
  readonly name: string;
  readonly cacheDir: string;
  /** US dollars that its agents and those of its chains may cost in all; null: as much as they like. */
  readonly budgetUsd: number | null;
  /** The same in tokens. */
  readonly budgetTokens: number | null;
}

/** Who leads. Times are in ms since 1970, here and below. */
export interface LeaderFacts {
  readonly id: InstanceId;
  readonly name: string;
  readonly since: number;
  readonly epoch: number;
}

export interface ZooKeeperFacts {
  /** Servers, as configured. */
  readonly hosts: string;
  readonly state: SessionState;
  /** When it came into this state. */
  readonly since: number;
}

/** A member, and what it is known to have done last. */
export interface MemberRow extends Omit<ListedMember, "connected_since"> {
  readonly since: number;
  /** Its last step that the journal tells of; null where none was seen. */
  readonly lastAct: number | null;
}

/** A task as one row. */
export interface TaskRow {
  readonly id: TaskId;
  /** "" where it is not known yet. */
  readonly title: string;
  readonly status: TaskStatus;
  readonly link: Link | null;
  readonly chainId: ChainId | null;
  readonly priority: number;
  /** Who holds it, or has brought it into its state. */
  readonly by: string;
  readonly byName: string;
  /** When it came into its state. */
  readonly since: number;
  /** Name or role of who may take it; "" for anybody. */
  readonly isFor: string;
  /** Why it is blocked, failed or cancelled; what a pending one waits for. */
  readonly reason: string | null;
  /** Whether it was made of the record, and not of events alone. */
  readonly isRead: boolean;
}

/**
 * What a link of a chain is at: it waits for the one before it, can be taken, is at work, lies before
 * the Leader, is done, has failed, or is not done any more.
 */
export type LinkState = "waiting" | "ready" | "working" | "judging" | "done" | "failed" | "dropped";

export interface LinkRow {
  readonly link: Link;
  readonly taskId: TaskId;
  readonly state: LinkState;
  /** Name of who works on it, or did last; "" for nobody. */
  readonly who: string;
  /** When it came into its state. */
  readonly since: number;
}

/** A chain as the screen shows it. */
export interface ChainRow {
  readonly id: ChainId;
  readonly title: string;
  readonly status: Chain["status"];
  readonly links: readonly LinkRow[];
  readonly at: Link;
  readonly round: number;
  /** Rounds that there can be: one more than it may be sent back. */
  readonly maxRounds: number;
  /** Why the last round ended; null in the first one. */
  readonly lastRound: Chain["rounds"][number] | null;
  /** What it waits for, where it asked everybody. */
  readonly question: string | null;
  readonly reason: string | null;
  readonly since: number;
  readonly closedAt: number | null;
  /** Of its decisions and its links. */
  readonly spent: Spent;
  readonly budgetUsd: number | null;
  readonly budgetTokens: number | null;
}

/** A requirement that is not a chain yet. */
export interface RequirementRow {
  readonly id: RequirementId;
  readonly title: string;
  readonly status: RequirementStatus;
  readonly since: number;
}

/** All that the screen shows, as plain data. It is never changed: each step makes a new one. */
export interface Board {
  readonly self: Onlooker;
  /** null while nobody leads. */
  readonly leader: LeaderFacts | null;
  readonly zookeeper: ZooKeeperFacts;
  /** By name, then id. */
  readonly members: readonly MemberRow[];
  readonly tasks: {
    readonly counts: Readonly<Record<TaskStatus, number>>;
    /** Pending ones in the order of the queue, all others newest first; at most `MAX_ROWS`. */
    readonly rows: Readonly<Record<TaskStatus, readonly TaskRow[]>>;
  };
  /** Those at work, oldest first, then those that were closed while somebody looked. */
  readonly chains: readonly ChainRow[];
  /** Oldest first. */
  readonly requirements: readonly RequirementRow[];
  /** What all agents of the team have cost; null where it is not known yet. */
  readonly spent: Spent | null;
  readonly pause: { readonly until: number; readonly reason: string } | null;
  /** The newest ones, oldest first. */
  readonly events: readonly JournalEvent[];
}

/** A board of which nothing is known yet. */
export function emptyBoard(self: Onlooker, zookeeper: ZooKeeperFacts): Board {
  return {
    self,
    leader: null,
    zookeeper,
    members: [],
    tasks: { counts: perState(() => 0), rows: perState(() => []) },
    chains: [],
    requirements: [],
    spent: null,
    pause: null,
    events: [],
  };
}

/** Whether the process that looks leads, waits to lead, or cannot know. */
export function officeOf({ leader, self, zookeeper }: Board): "leading" | "standby" | "away" {
  if (zookeeper.state !== "connected") return "away";
  return leader?.id === self.id ? "leading" : "standby";
}

/** One value for each state of a task. */
export function perState<T>(make: (status: TaskStatus) => T): Record<TaskStatus, T> {
  return Object.fromEntries(TASK_STATES.map((status) => [status, make(status)])) as Record<
    TaskStatus,
    T
  >;
}

/** ms since 1970 of a time of the domain. */
export function msOf(time: string): number {
  return Date.parse(time);
}

/** A text as far as it is kept. */
export function kept(text: string): string {
  return text.length <= MAX_TEXT ? text : text.slice(0, MAX_TEXT);
}
