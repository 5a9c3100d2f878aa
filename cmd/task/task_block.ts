import { defineCommand } from "../cli/command.ts";
import { endWork, heldTask, HOLDER_OPTIONS } from "./holder.ts";

/** Ends the claim and sets the task aside until somebody unblocks it. */
export default defineCommand({
  description: "The claim ends; task-unblock puts the task back into the queue.",
  options: {
    ...HOLDER_OPTIONS,
    reason: { type: "text", required: true, placeholder: "text", help: "What it waits for" },
  },
  examples: [{
    says: "Waiting for a decision",
    command: 'claude-orchestrator task-block --task-id task-0000000001 --reason "Which database?"',
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options) => {
    const id = heldTask(deps, options);
    await endWork(deps, options, id, (tasks, holder) => tasks.block(id, holder, options.reason));
  },
});
