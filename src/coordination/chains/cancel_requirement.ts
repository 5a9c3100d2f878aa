import type { RequirementId } from "../../domain/ids.ts";
import type { Actor } from "../../domain/member.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { ChainStore } from "./chain_store.ts";
import type { RequirementStore } from "./requirement_store.ts";

/**
 * Withdraws a requirement and everything that is at work for it. The requirement first, so that no
 * further chain is opened; whoever is interrupted after that does it again. Does nothing to what is over.
 *
 * @throws OrchestratorError REQUIREMENT_NOT_FOUND, TOO_LARGE for the reason
 */
export async function cancelRequirement(
  team: { readonly requirements: RequirementStore; readonly chains: ChainStore },
  id: RequirementId,
  reason: string,
  by: Actor,
): Promise<Requirement> {
  const requirement = await team.requirements.end(id, "cancelled", reason, by);
  for (const { id: chain, requirement_id } of await team.chains.open()) {
    if (requirement_id === id) await team.chains.end(chain, "cancelled", reason, by);
  }
  return requirement;
}
