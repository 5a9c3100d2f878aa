import { defineCommand } from "../cli/command.ts";
import { chainId } from "../ids.ts";
import { CHAIN_ID } from "./options.ts";
import { chainView, linkView, totalOf } from "./view.ts";

/** One chain with its links, and what was decided of each report. */
export default defineCommand({
  description:
    "Beside the chain: its tasks in the order of the links, every decision in the order in which " +
    "they were made, and what all of it has cost.",
  options: { ...CHAIN_ID },
  examples: [{
    says: "Why was it sent back?",
    command: "claude-orchestrator chain-show --chain-id chain-0000000001 | " +
      "jq -r '.rounds[].reason'",
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).ChainShowOutput },
  run: async (deps, options) => {
    const id = chainId(options["chain-id"]);
    const team = await deps.team();
    const chain = await team.chains.get(id);
    const [tasks, decisions] = await Promise.all([
      team.chains.knownTasks(chain),
      team.chains.decisions(id),
    ]);
    await deps.out.document({
      ...chainView(chain),
      tasks: tasks.map(linkView),
      decisions: decisions.map(({ nonce: _nonce, ...decision }) => decision),
      spent_total: totalOf(chain, tasks),
    });
  },
});
