import { defineCommand } from "../cli/command.ts";
import { taskId } from "../ids.ts";
import { TASK_ID } from "./options.ts";
import { taskView } from "./view.ts";

/** One task with all its fields. */
export default defineCommand({
  options: { ...TASK_ID },
  examples: [{
    says: "Who holds it?",
    command: "claude-orchestrator task-show --task-id task-0000000001 | jq -r .claim.owner_name",
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options) => {
    const id = taskId(options["task-id"]);
    const team = await deps.team();
    await deps.out.document(taskView(await team.tasks.get(id)));
  },
});
