import { REQUIREMENT_STATES } from "../../src/domain/words.ts";
import { defineCommand } from "../cli/command.ts";
import { requirementId } from "../ids.ts";
import { cursorOf, LIMIT } from "../listing.ts";
import { REQUIREMENT_COLUMNS, requirementRow } from "./view.ts";

/** Lists requirements by ascending id; an empty list is success. */
export default defineCommand({
  description:
    "In the order of their ids, oldest first. To page, give the last id of a page as --cursor of " +
    "the next. requirement-show has the decomposition too.",
  options: {
    status: {
      type: "list",
      placeholder: "status",
      choices: REQUIREMENT_STATES,
      help: "Only requirements in these states",
    },
    limit: LIMIT,
    cursor: cursorOf("requirement"),
  },
  examples: [{
    says: "What has no Leader looked at yet?",
    command: "claude-orchestrator list-requirements --status submitted",
  }],
  output: { kind: "list", schema: async () => (await import("../schemas.ts")).RequirementList },
  run: async (deps, { status, limit, cursor }) => {
    const after = cursor === undefined ? undefined : requirementId(cursor);
    const team = await deps.team();
    const requirements = await team.requirements.list({
      status: status.length === 0 ? undefined : status,
      limit,
      after,
    });
    await deps.out.list(requirements.map(requirementRow), REQUIREMENT_COLUMNS);
  },
});
