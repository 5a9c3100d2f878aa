import { defineCommand } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { taskId } from "../ids.ts";
import { TASK_ID } from "./options.ts";
import { taskView } from "./view.ts";

/** Failed or blocked → pending, with one retry more. */
export default defineCommand({
  description:
    "The task keeps its id and its retry_count grows by one, up to its limit (default 3). " +
    "Completed and cancelled tasks cannot be retried.",
  options: {
    "task-id": { ...TASK_ID["task-id"], among: ["failed", "blocked"] },
    reset: { type: "flag", help: "Count retries from 0 again, also past the limit" },
  },
  examples: [
    {
      says: "Once more",
      command: "claude-orchestrator task-retry --task-id task-0000000001",
    },
    {
      says: "Everything that failed",
      command: "claude-orchestrator list-tasks --status failed | jq -r '.[].id' | " +
        "xargs -r -n1 claude-orchestrator task-retry --task-id",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options) => {
    const id = taskId(options["task-id"]);
    const [team, by] = await Promise.all([deps.team(), actor(deps)]);
    await deps.out.document(
      taskView(await team.tasks.retry(id, by, { reset: options.reset })),
    );
  },
});
