import { defineCommand } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { chainId } from "../ids.ts";
import { CHAIN_ID, DEFAULT_REASON, REASON } from "./options.ts";
import { chainView } from "./view.ts";

/** Gives a chain up. */
export default defineCommand({
  description:
    "What is to be done for it is cancelled, even out of the hands of a member, and what lies " +
    "before the Leader is refused. Does nothing to a chain that is over; prints the chain.",
  options: {
    "chain-id": { ...CHAIN_ID["chain-id"], among: ["open", "waiting"] },
    ...REASON,
  },
  examples: [{
    says: "No longer wanted",
    command: 'claude-orchestrator chain-cancel --chain-id chain-0000000001 --reason "Out of scope"',
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).ChainOutput },
  run: async (deps, options) => {
    const id = chainId(options["chain-id"]);
    const [team, by] = await Promise.all([deps.team(), actor(deps)]);
    const chain = await team.chains.end(id, "cancelled", options.reason ?? DEFAULT_REASON, by);
    await deps.out.document(chainView(chain));
  },
});
