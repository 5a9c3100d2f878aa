import { defineCommand } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { taskId } from "../ids.ts";
import { TASK_ID } from "./options.ts";
import { taskView } from "./view.ts";

/** Blocked → pending; anyone may. */
export default defineCommand({
  description: "Anyone may do it. Dependencies that are not completed are waited for again.",
  options: { "task-id": { ...TASK_ID["task-id"], among: ["blocked"] } },
  examples: [{
    says: "The question is answered",
    command: "claude-orchestrator task-unblock --task-id task-0000000001",
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options) => {
    const id = taskId(options["task-id"]);
    const [team, by] = await Promise.all([deps.team(), actor(deps)]);
    await deps.out.document(taskView(await team.tasks.unblock(id, by)));
  },
});
