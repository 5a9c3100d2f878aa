import { defineCommand } from "../cli/command.ts";
import { endWork, heldTask, HOLDER_OPTIONS } from "./holder.ts";

/** Ends the claim; the task is pending again, and no retry is counted. */
export default defineCommand({
  description: "The task is pending again; that does not count as a retry.",
  options: {
    ...HOLDER_OPTIONS,
    reason: { type: "text", placeholder: "text", help: "Why it is given back" },
  },
  examples: [{
    says: "Give it back to the queue",
    command: "claude-orchestrator task-release --task-id task-0000000001",
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options) => {
    const id = heldTask(deps, options);
    await endWork(deps, options, id, (tasks, holder) => tasks.release(id, holder, options.reason));
  },
});
