import type { OptionSpecs } from "../cli/options.ts";

/** The one option of commands that are about one shared value. */
export const KEY = {
  key: {
    type: "text",
    required: true,
    placeholder: "key",
    completes: "context-key",
    help: "Name of the value; any text, / too",
  },
} as const satisfies OptionSpecs;
