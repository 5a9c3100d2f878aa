import { defineCommand } from "../cli/command.ts";
import { requirementId } from "../ids.ts";
import { REQUIREMENT_ID } from "./options.ts";
import { requirementView } from "./view.ts";

/** One requirement with all its fields. */
export default defineCommand({
  description: "With what the Leader made of it: `plan` is null until then.",
  options: { ...REQUIREMENT_ID },
  examples: [{
    says: "Which chains did it become?",
    command: "claude-orchestrator requirement-show --requirement-id req-0000000001 | jq -c .chains",
  }],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).RequirementOutput,
  },
  run: async (deps, options) => {
    const id = requirementId(options["requirement-id"]);
    const team = await deps.team();
    await deps.out.document(requirementView(await team.requirements.get(id)));
  },
});
