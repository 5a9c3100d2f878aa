import type { RunLimits } from "../agent/agent_request.ts";
import type { PriceBook } from "../agent/price_book.ts";
import type { Workshop } from "../agent/workshop.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { Actor } from "../domain/member.ts";
import type { Template } from "../domain/template.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Integrate } from "./integration.ts";
import type { LeaderTeam, LeaderTerm } from "./ports.ts";
import type { Roster } from "./roster.ts";

/** What the Leader asks its agent for. */
export type EnquiryKind = "decompose" | "decide";

export interface LeaderSettings {
  /** Words of the agent's command. */
  readonly command: readonly string[];
  /** Where the agent is started. */
  readonly workDir: string;
  /** Directory of logs and answers; made 0700. */
  readonly cacheDir: string;
  readonly limits: RunLimits;
  readonly maxTurns?: number | undefined;
  /** US dollars that one run of an agent may cost, that of a link and the Leader's own. */
  readonly runBudgetUsd?: number | undefined;
  /** What one question to the Leader's own agent may cost, where that is something else. */
  readonly question?: { readonly usd: number | null; readonly tokens: number | null } | undefined;
  /** US dollars and tokens that the whole team may cost; a link that has none left is not begun. */
  readonly budgetUsd?: number | undefined;
  readonly budgetTokens?: number | undefined;
  /** For every agent: where the team is, and its `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  readonly waits: LeaderWaits;
  readonly retention: Retention;
}

/** ms of the Leader's own waits. */
export interface LeaderWaits {
  /** After a request that the provider had no capacity for; doubled each time in a row. */
  readonly backOff: { readonly firstMs: number; readonly maxMs: number };
  /** Pause of the team for a limit of which nobody says when it ends; doubled each time in a row. */
  readonly unknownLimit: { readonly firstMs: number; readonly maxMs: number };
  /** Until an agent that could not be run at all is tried again. */
  readonly cannotRunMs: number;
  /** Until a chain that asked everybody is given up. */
  readonly helpMs: number;
  /** Until a link that those made for it are too busy to take is open to all. */
  readonly openToAllMs: number;
  /** Between two looks at what no event tells: lost work, links nobody can take. */
  readonly roundsMs: number;
  /** Between two sweeps of what is kept for long enough. */
  readonly sweepMs: number;
  /** Between two bills of a question that is being asked. */
  readonly billMs: number;
}

export const DEFAULT_LEADER_WAITS: LeaderWaits = {
  backOff: { firstMs: 10_000, maxMs: 300_000 },
  unknownLimit: { firstMs: 60_000, maxMs: 900_000 },
  cannotRunMs: 300_000,
  helpMs: 600_000,
  openToAllMs: 60_000,
  roundsMs: 5_000,
  sweepMs: 600_000,
  billMs: 5_000,
};

/** ms for which what is over is kept. */
export interface Retention {
  readonly tasksMs: number;
  readonly messagesMs: number;
  readonly journalMs: number;
}

/** What everything that the Leader does works with, for one term. */
export interface LeaderContext {
  readonly team: LeaderTeam;
  readonly term: LeaderTerm;
  readonly roster: Roster;
  readonly workshop: Workshop;
  readonly prices: PriceBook;
  readonly template: (kind: EnquiryKind) => Template;
  readonly settings: LeaderSettings;
  readonly self: InstanceId;
  readonly actor: Actor;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the work of accepted chains goes; left out: it stays where it was done. */
  readonly integrate?: Integrate | undefined;
  /** Shows a line of terminal text, where there is no screen. */
  readonly show: (line: string) => void;
}
