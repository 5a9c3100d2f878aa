import { MAX_ROUNDS } from "../../src/domain/limits.ts";
import { KNOWN_ROLES } from "../../src/domain/words.ts";
import { defineCommand } from "../cli/command.ts";
import type { OptionSpecs } from "../cli/options.ts";
import { AGENT_OPTIONS } from "./agent_options.ts";

const OPTIONS = {
  worker: {
    type: "integer",
    min: 1,
    max: 64,
    placeholder: "n",
    help: "Workers, each with a git work tree of its own",
    default: "3",
  },
  roles: {
    type: "text",
    placeholder: "role,…",
    known: KNOWN_ROLES,
    help: "Roles of the Workers, dealt in this order",
    default: "spread over the links",
  },
  file: {
    type: "text",
    placeholder: "path|-",
    completes: "file",
    help: "Read the requirement from a file, or with - from stdin",
  },
  keep: { type: "flag", help: "Stay when the requirement is done, for the next one" },
  merge: {
    type: "text",
    placeholder: "how",
    choices: ["auto", "branch", "none"],
    help:
      "auto: into the branch that is checked out; branch: the work's own branch, merged and checked; none: as it is",
    default: "auto",
  },
  check: {
    type: "text",
    placeholder: "command",
    help: "Command that has to pass on the merged work, such as 'npm test'; no shell sees it",
  },
  ...AGENT_OPTIONS,
  agent: { ...AGENT_OPTIONS.agent, default: "as configured, else claude, else rehearsal" },
  command: { type: "text", placeholder: "command", help: "The agent of Leader and Workers" },
  "max-rounds": {
    type: "integer",
    min: 1,
    max: MAX_ROUNDS,
    placeholder: "n",
    help: "Times that a chain may be sent back",
    default: "3",
  },
  "budget-usd": {
    type: "number",
    min: 0.01,
    placeholder: "usd",
    help: "US dollars that each chain may cost",
  },
  "budget-tokens": {
    type: "integer",
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    placeholder: "n",
    help: "Tokens that each chain may use",
  },
  yes: { type: "flag", short: "y", help: "As older versions spell it; nothing is asked anyway" },
  "no-screen": {
    type: "flag",
    help: "Print what happens as JSON lines on stderr; so it does where stdout is no terminal",
  },
} as const satisfies OptionSpecs;

/** A whole team for one requirement. */
export default defineCommand({
  description:
    "Starts what is needed on this machine: the embedded coordinator where no server is configured " +
    "and none answers, a Leader with its screen, and Workers as processes of their own. In a git " +
    "repository each Worker has its own work tree, and accepted work is merged into the branch that " +
    "is checked out. Prints what became of it as JSON: chains, rounds, cost, commits; status 0 where " +
    "it was completed. Without a requirement it goes on with those that are open, or takes what is " +
    "typed on the screen. Ctrl+C ends the team in order; the next run goes on where it stopped.",
  options: OPTIONS,
  positionals: [{
    name: "requirement",
    help: "What is wanted; several words need no quotes, - is stdin",
    optional: true,
    rest: true,
  }],
  examples: [
    {
      says: "One requirement, from here to its end",
      command: 'claude-orchestrator run "Add a greet function with a test"',
    },
    {
      says: "Five Workers; the tests have to pass on what is merged",
      command: "claude-orchestrator run --worker 5 --check 'npm test' --file requirement.md",
    },
    {
      says: "How a team works, for free",
      command: 'claude-orchestrator run --agent rehearsal "Say hello"',
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).RunOutput },
  deadlineMs: null,
  windsDown: true,
  run: async (deps, options, positionals) => {
    const { runTeam } = await import("../run/running_team.ts");
    await runTeam(deps, options, positionals);
  },
});
