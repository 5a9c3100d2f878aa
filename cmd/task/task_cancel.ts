import { defineCommand } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { taskId } from "../ids.ts";
import { OPEN_STATES, TASK_ID } from "./options.ts";
import { taskView } from "./view.ts";

/** Withdraws a task for good. */
export default defineCommand({
  description:
    "Pending, blocked and failed tasks; with --force also one that somebody holds. A cancelled " +
    "task stays so, and what depends on it becomes blocked.",
  options: {
    "task-id": { ...TASK_ID["task-id"], among: OPEN_STATES },
    reason: { type: "text", placeholder: "text", help: "Why it is withdrawn" },
    force: { type: "flag", help: "Also a task that somebody holds; the journal says so" },
  },
  examples: [{
    says: "No longer wanted",
    command: 'claude-orchestrator task-cancel --task-id task-0000000001 --reason "Out of scope"',
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options) => {
    const id = taskId(options["task-id"]);
    const [team, by] = await Promise.all([deps.team(), actor(deps)]);
    const { reason, force } = options;
    const task = await team.tasks.cancel(id, by, reason, { force });
    await deps.out.document(taskView(task));
  },
});
