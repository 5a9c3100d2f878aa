import { defineCommand } from "../cli/command.ts";
import type { OptionSpecs } from "../cli/options.ts";
import { AGENT_OPTIONS } from "./agent_options.ts";

const OPTIONS = {
  name: {
    type: "text",
    placeholder: "name",
    help: "What the others call it",
    default: "as configured, else leader",
  },
  standby: {
    type: "flag",
    help: "Where somebody leads, wait and take over, instead of being refused",
  },
  "no-screen": {
    type: "flag",
    help: "Print what happens as JSON lines; so it does where stdout is no terminal",
  },
  command: { type: "text", placeholder: "command", help: "The agent that decomposes and decides" },
  ...AGENT_OPTIONS,
  "cache-dir": {
    type: "text",
    placeholder: "dir",
    completes: "directory",
    help: "Directory of its logs",
  },
  "max-turns": {
    type: "integer",
    min: 1,
    max: 100_000,
    placeholder: "n",
    help: "Turns that one decision may take",
  },
  "budget-usd": {
    type: "number",
    min: 0,
    placeholder: "usd",
    help: "US dollars that the team may cost in all; nothing is begun that could exceed them",
  },
  "budget-tokens": {
    type: "integer",
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    placeholder: "n",
    help: "Tokens that the team may cost in all",
  },
} as const satisfies OptionSpecs;

/** Leads the team: decomposes requirements, judges reports, gives lost work back. */
export default defineCommand({
  description:
    "One Leader acts at a time; a second one is refused, or waits with --standby. It turns what is " +
    "submitted into chains of tasks, judges what the Workers report, and gives work back whose owner " +
    "is gone. On a terminal it shows the team; else it prints one JSON line an event. Ctrl+C steps " +
    "down, and a standby takes over at once.",
  options: OPTIONS,
  examples: [
    { says: "Lead from this terminal", command: "claude-orchestrator leader --name Boss" },
    {
      says: "A second one, which takes over when the first is gone",
      command: "claude-orchestrator leader --name Deputy --standby",
    },
    {
      says: "In a script: every decision, as it is made",
      command:
        `claude-orchestrator leader --no-screen | jq -c 'select(.type == "decision_stored")'`,
    },
  ],
  output: {
    kind: "stream",
    schema: async () => (await import("../schemas.ts")).EventOutput,
  },
  deadlineMs: null,
  windsDown: true,
  run: async (deps, options) => {
    const { ensureCoordinator } = await import("../coordinator/ensure.ts");
    await ensureCoordinator(deps);
    const { leadTeam } = await import("./leading.ts");
    await leadTeam(deps, options);
  },
});
