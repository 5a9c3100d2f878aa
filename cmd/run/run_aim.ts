import type { Team } from "../../src/coordination/team.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { RequirementId } from "../../src/domain/ids.ts";
import { isSettled, type Requirement } from "../../src/domain/requirement.ts";
import type { RunRecord } from "./run_record.ts";

/** What a run is about. */
export type Aim =
  /** A new requirement of these words. */
  | { readonly kind: "new"; readonly content: string }
  /** One that is open, from a run before this one. */
  | { readonly kind: "open"; readonly requirement: Requirement }
  /** One that ended before anybody was told of it. */
  | { readonly kind: "over"; readonly requirement: Requirement }
  /** Nothing but what somebody may type. */
  | { readonly kind: "none" };

/**
 * What a run that was given these words, or none, is about: the same words again are the same wish, and a run
 * that broke off is gone on with. One whose end was printed is over and done with.
 */
export async function aimOf(
  team: Team,
  record: RunRecord,
  content: string | null,
): Promise<Aim> {
  const last = record.unreported === null ? null : await found(team, record.unreported);
  if (last !== null && (content === null || content === last.content)) {
    return { kind: isSettled(last) ? "over" : "open", requirement: last };
  }
  const open = await team.requirements.open();
  const requirement = content === null ? open.at(-1) : open.find((one) => one.content === content);
  if (requirement !== undefined) return { kind: "open", requirement };
  return content === null ? { kind: "none" } : { kind: "new", content };
}

async function found(team: Team, id: RequirementId): Promise<Requirement | null> {
  try {
    return await team.requirements.get(id);
  } catch (error) {
    const isGone = error instanceof OrchestratorError && error.code === "REQUIREMENT_NOT_FOUND";
    if (isGone) return null;
    throw error;
  }
}

/** The error of a run that has nothing to do, and nobody to ask. */
export function nothingWanted(): OrchestratorError {
  return new OrchestratorError("USAGE", "Missing the requirement", {
    hint: "Give it in words, with --file or as -, or run it on a terminal and type it",
  });
}
