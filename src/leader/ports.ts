import type { Team } from "../coordination/team.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { LeaderRecord } from "../domain/leader.ts";

/** The team as its Leader uses it: opened with the fence of the term, so that no write outlives it. */
export interface LeaderTeam {
  readonly requirements: Pick<
    Team["requirements"],
    "submit" | "get" | "followOpen" | "billQuestion" | "storePlan" | "pushChains" | "end"
  >;
  readonly chains: Pick<
    Team["chains"],
    | "get"
    | "open"
    | "tasks"
    | "followAwaiting"
    | "decision"
    | "billQuestion"
    | "storeAnswer"
    | "carryOut"
    | "answerHelp"
    | "endWaiting"
    | "end"
    | "reassign"
  >;
  readonly tasks: Pick<Team["tasks"], "get" | "list" | "counts" | "sweepFinished">;
  readonly members: Pick<Team["members"], "list" | "watch">;
  readonly inbox: Pick<Team["inbox"], "follow" | "markRead" | "send">;
  readonly pause: Pick<Team["pause"], "pause" | "current" | "watch">;
  readonly recovery: Pick<Team["recovery"], "recoverOrphans">;
  readonly journal: Pick<Team["journal"], "follow">;
  /** What the whole team has cost so far. */
  readonly spent: Pick<Team["spent"], "read" | "checkpoint">;
  readonly announce: Team["announce"];
  readonly sweepChains: Team["sweepChains"];
  readonly sweepRequirements: Team["sweepRequirements"];
  readonly sweepMembers: Team["sweepMembers"];
  readonly sweepReadMessages: Team["sweepReadMessages"];
  readonly sweepJournal: Team["sweepJournal"];
}

/** A term of office, as far as the Leader's work looks at it. */
export interface LeaderTerm {
  readonly record: LeaderRecord;
  readonly epoch: number;
  /** Who led before: their inboxes are followed too. */
  readonly former: readonly InstanceId[];
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
  /** Resolves when something may be begun; rejects when the term is over. */
  untilMayAct(): Promise<void>;
}
