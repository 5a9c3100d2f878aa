import type { Team } from "../../src/coordination/team.ts";
import type { RequirementId } from "../../src/domain/ids.ts";
import { MAX_ROUNDS } from "../../src/domain/limits.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { actor } from "../identity.ts";
import { printEvent } from "../team/events.ts";
import { outcomeOf, unfulfilled } from "./outcome.ts";
import { wanted } from "./wanted.ts";
import { requirementView } from "./view.ts";

/** Hands the Leader a requirement. */
export default defineCommand({
  description:
    "The Leader decomposes it into one chain or several, and the team works through them. Prints the " +
    "requirement; with --wait what became of it: chains, rounds, tasks, cost, and status 0 where it " +
    "was completed, 1 where it failed or was cancelled, 124 where the time was over before. With " +
    "--wait --output jsonl, the events of its chains come first, one a line. A requirement that " +
    "is submitted while nobody leads waits for the next Leader.",
  options: {
    file: {
      type: "text",
      placeholder: "path|-",
      completes: "file",
      help: "Read the requirement from a file, or with - from stdin",
    },
    wait: { type: "flag", help: "Follow it to its end" },
    "max-rounds": {
      type: "integer",
      min: 1,
      max: MAX_ROUNDS,
      placeholder: "n",
      help: "Times that each of its chains may be sent back",
      default: "3",
    },
    "budget-usd": {
      type: "number",
      min: 0.01,
      placeholder: "usd",
      help: "US dollars that each of its chains may cost",
    },
    "budget-tokens": {
      type: "integer",
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      placeholder: "n",
      help: "Tokens that each of its chains may use",
    },
  },
  positionals: [{
    name: "requirement",
    help: "What is wanted; several words need no quotes, - is stdin",
    optional: true,
    rest: true,
  }],
  examples: [
    {
      says: "In words",
      command: 'claude-orchestrator submit "Add a login page, with tests"',
    },
    {
      says: "From a file, to its end, within an hour",
      command: "claude-orchestrator submit --file requirement.md --wait --timeout 1h",
    },
    {
      says: "What it has cost",
      command: 'claude-orchestrator submit "Fix the typo" --wait | jq .spent_total.cost_usd',
    },
  ],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).SubmitOutput,
    streamsWith: "--wait --output jsonl",
    streamSchema: async () => (await import("../schemas.ts")).SubmitEventOutput,
  },
  deadlineMs: null,
  run: async (deps, options, positionals) => {
    const content = await wanted(deps, options.file, positionals);
    const [team, by] = await Promise.all([deps.team(), actor(deps)]);
    const head = options.wait && isStream(deps) ? await team.journal.head() : "";
    const requirement = await team.requirements.submit({
      content,
      maxRounds: options["max-rounds"],
      budgetUsd: options["budget-usd"],
      budgetTokens: options["budget-tokens"],
    }, by);
    if (await team.leader() === null) {
      deps.out.warn({
        code: "NO_LEADER",
        message: `Nobody leads: "${requirement.id}" waits until somebody does`,
      });
    }
    if (!options.wait) return await deps.out.document(requirementView(requirement));
    if (isStream(deps)) await printEvents(deps, team, requirement.id, head);
    await printEnd(deps, team, requirement.id);
  },
});

function isStream(deps: Deps): boolean {
  return deps.globals.output === "jsonl";
}

/** Every event of a requirement and of its chains, until it is over. */
async function printEvents(
  deps: Deps,
  team: Team,
  id: RequirementId,
  since: string,
): Promise<void> {
  const chains = new Set<string>();
  for await (const event of team.journal.follow(deps.signal, since)) {
    const isOwn = event.requirement_id === id;
    if (isOwn && event.type === "chain_opened" && event.chain_id) chains.add(event.chain_id);
    if (isOwn || event.chain_id && chains.has(event.chain_id)) await printEvent(deps, event);
    if (isOwn && /^requirement_(completed|failed|cancelled)$/.test(event.type)) return;
  }
  deps.signal.throwIfAborted();
}

async function printEnd(deps: Deps, team: Team, id: RequirementId): Promise<void> {
  for await (const requirement of team.requirements.watch(id, deps.signal)) {
    if (requirement.closed_at === null) continue;
    await deps.out.document(await outcomeOf(team, requirement));
    if (requirement.status !== "completed") throw unfulfilled(requirement);
    return;
  }
  deps.signal.throwIfAborted();
}
