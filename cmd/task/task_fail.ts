import { defineCommand } from "../cli/command.ts";
import { endWork, heldTask, HOLDER_OPTIONS } from "./holder.ts";

/** Ends the claim; the task is failed until somebody retries it. */
export default defineCommand({
  description: "The claim ends; task-retry queues the task again, up to its limit of retries.",
  options: {
    ...HOLDER_OPTIONS,
    reason: { type: "text", required: true, placeholder: "text", help: "Why it failed" },
  },
  examples: [{
    says: "It cannot be done",
    command: 'claude-orchestrator task-fail --task-id task-0000000001 --reason "No such API"',
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options) => {
    const id = heldTask(deps, options);
    await endWork(deps, options, id, (tasks, holder) => tasks.fail(id, holder, options.reason));
  },
});
