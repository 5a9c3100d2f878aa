import { AGENTS } from "../../src/domain/words.ts";
import type { OptionSpecs } from "../cli/options.ts";

/** Options by which a command that runs agents is told which. */
export const AGENT_OPTIONS = {
  agent: {
    type: "text",
    placeholder: "kind",
    choices: AGENTS,
    help: "claude, the configured command, or a rehearsal, which is built in and free",
    default: "as configured, else command",
  },
  rehearse: {
    type: "text",
    placeholder: "script",
    help: 'Rehearsal: what goes wrong in it, such as "429@build#2,crash@verify"',
  },
} as const satisfies OptionSpecs;
