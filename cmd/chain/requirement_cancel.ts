import { defineCommand } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { requirementId } from "../ids.ts";
import { DEFAULT_REASON, REASON, REQUIREMENT_ID } from "./options.ts";
import { requirementView } from "./view.ts";

/** Withdraws a requirement and everything that is at work for it. */
export default defineCommand({
  description:
    "Its chains are cancelled with it. Of a requirement that is over, only chains that are still " +
    "at work are; prints the requirement.",
  options: {
    "requirement-id": {
      ...REQUIREMENT_ID["requirement-id"],
      among: ["submitted", "planned", "open"],
    },
    ...REASON,
  },
  examples: [{
    says: "No longer wanted",
    command: "claude-orchestrator requirement-cancel --requirement-id req-0000000001",
  }],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).RequirementOutput,
  },
  run: async (deps, options) => {
    const id = requirementId(options["requirement-id"]);
    const [team, by, { cancelRequirement }] = await Promise.all([
      deps.team(),
      actor(deps),
      import("../../src/coordination/chains/cancel_requirement.ts"),
    ]);
    const reason = options.reason ?? DEFAULT_REASON;
    await deps.out.document(requirementView(await cancelRequirement(team, id, reason, by)));
  },
});
