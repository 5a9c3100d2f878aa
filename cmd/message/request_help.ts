import { defineCommand } from "../cli/command.ts";
import { taskId } from "../ids.ts";
import { send } from "./send.ts";

/** A call for help to everybody. */
export default defineCommand({
  description: "The same as send-message --help-request, with what one has tried as --context.",
  options: {
    question: { type: "text", required: true, placeholder: "text", help: "What is wanted" },
    context: { type: "text", placeholder: "text", help: "What the others must know to answer" },
    "task-id": {
      type: "text",
      placeholder: "id",
      completes: "task",
      help: "Task that it is about",
    },
  },
  examples: [{
    says: "Ask the team",
    command: 'claude-orchestrator request-help --question "Which port is free?" ' +
      '--context "8080 is taken"',
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).SentOutput },
  run: async (deps, options) => {
    const { question, context } = options;
    await send(deps, {
      type: "help",
      to: "everyone",
      content: context === undefined ? question : `${question}\n\nContext:\n${context}`,
      ...(options["task-id"] === undefined ? {} : { task_id: taskId(options["task-id"]) }),
    });
  },
});
