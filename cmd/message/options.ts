import type { OptionSpecs } from "../cli/options.ts";

/** The one option of commands that are about one message. */
export const MESSAGE_ID = {
  "message-id": {
    type: "text",
    required: true,
    placeholder: "id",
    completes: "message",
    help: "Which message of your inbox",
  },
} as const satisfies OptionSpecs;
