import { CHAIN_STATES } from "../../src/domain/words.ts";
import { defineCommand } from "../cli/command.ts";
import { chainId } from "../ids.ts";
import { cursorOf, LIMIT } from "../listing.ts";
import { CHAIN_COLUMNS, chainView } from "./view.ts";

/** Lists chains by ascending id; an empty list is success. */
export default defineCommand({
  description:
    "In the order of their ids, oldest first. To page, give the last id of a page as --cursor of " +
    "the next. A round is one pass over the links: its number grows when a link is sent back.",
  options: {
    status: {
      type: "list",
      placeholder: "status",
      choices: CHAIN_STATES,
      help: "Only chains in these states",
    },
    limit: LIMIT,
    cursor: cursorOf("chain"),
  },
  examples: [
    { says: "All, for people", command: "claude-orchestrator list-chains --output table" },
    {
      says: "What waits for somebody's answer",
      command: "claude-orchestrator list-chains --status waiting | jq -r '.[].help.question'",
    },
  ],
  output: { kind: "list", schema: async () => (await import("../schemas.ts")).ChainList },
  run: async (deps, { status, limit, cursor }) => {
    const after = cursor === undefined ? undefined : chainId(cursor);
    const team = await deps.team();
    const chains = await team.chains.list({
      status: status.length === 0 ? undefined : status,
      limit,
      after,
    });
    await deps.out.list(chains.map(chainView), CHAIN_COLUMNS);
  },
});
