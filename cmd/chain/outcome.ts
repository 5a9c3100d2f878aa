import type { Team } from "../../src/coordination/team.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { ChainId } from "../../src/domain/ids.ts";
import type { Requirement } from "../../src/domain/requirement.ts";
import { addSpent } from "../../src/domain/spent.ts";
import { chainView, linkView, requirementRow, totalOf } from "./view.ts";

/** What became of a requirement: its chains, their links, and what all of it has cost. */
export async function outcomeOf(team: Team, requirement: Requirement) {
  const chains = await Promise.all(requirement.chains.map((id) => chainOutcome(team, id)));
  return {
    v: 1 as const,
    type: "requirement_outcome" as const,
    time: requirement.closed_at ?? requirement.updated_at,
    outcome: requirement.status,
    reason: requirement.reason,
    requirement: requirementRow(requirement),
    chains,
    rounds: chains.reduce((sum, { rounds }) => sum + rounds.length, 0),
    tasks: chains.reduce((sum, { tasks }) => sum + tasks.length, 0),
    spent_total: addSpent(requirement.spent, ...chains.map(({ spent_total }) => spent_total)),
  };
}

async function chainOutcome(team: Team, id: ChainId) {
  const chain = await team.chains.get(id);
  const tasks = await team.chains.knownTasks(chain);
  return { ...chainView(chain), tasks: tasks.map(linkView), spent_total: totalOf(chain, tasks) };
}

/** The error of a command that followed a requirement to an end that was not wished for. */
export function unfulfilled({ id, status, reason }: Requirement): OrchestratorError {
  const what = status === "cancelled" ? "was cancelled" : "failed";
  const why = reason === null ? "" : `: ${reason}`;
  return new OrchestratorError("REQUIREMENT_FAILED", `Requirement "${id}" ${what}${why}`, {
    hint: "chain-show says what was decided of each report",
    details: { requirement_id: id, status },
  });
}
