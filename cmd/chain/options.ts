import type { OptionSpecs } from "../cli/options.ts";

/** The one option of commands that are about one chain. */
export const CHAIN_ID = {
  "chain-id": {
    type: "text",
    required: true,
    placeholder: "id",
    completes: "chain",
    help: "Which chain",
  },
} as const satisfies OptionSpecs;

/** The one option of commands that are about one requirement. */
export const REQUIREMENT_ID = {
  "requirement-id": {
    type: "text",
    required: true,
    placeholder: "id",
    completes: "requirement",
    help: "Which requirement",
  },
} as const satisfies OptionSpecs;

/** Why something is withdrawn. */
export const REASON = {
  reason: {
    type: "text",
    placeholder: "text",
    help: "Why it is withdrawn",
    default: "withdrawn by hand",
  },
} as const satisfies OptionSpecs;

/** What is said where no reason is given. */
export const DEFAULT_REASON = "withdrawn by hand";
