import type { OptionSpecs } from "../cli/options.ts";

/** The one option of commands that are about one task. */
export const TASK_ID = {
  "task-id": {
    type: "text",
    required: true,
    placeholder: "id",
    completes: "task",
    help: "Which task",
  },
} as const satisfies OptionSpecs;
