import type { OptionSpecs } from "../cli/options.ts";

/** States of tasks that are not over. */
export const OPEN_STATES = ["pending", "claimed", "in_progress", "blocked", "failed"] as const;

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
