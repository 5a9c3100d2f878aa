import { terminalLine } from "../../src/agent/terminal_text.ts";
import { type Candidate, candidates, commandOf, type Wanted } from "../cli/candidates.ts";
import { defineCommand, type Deps } from "../cli/command.ts";

/** ms after which a Tab offers nothing rather than hold up the prompt. */
const DEADLINE_MS = 1500;

/** Newest tasks that are offered. */
const MAX_TASKS = 200;

/** Answers the completion scripts: `word<Tab>description` lines, or `:file`, `:directory`. */
export default defineCommand({
  options: {},
  positionals: [{ name: "words", help: "Words of the line, the last one unfinished", rest: true }],
  examples: [{ says: "As the scripts call it", command: "claude-orchestrator __complete -- pu" }],
  output: { kind: "text" },
  deadlineMs: DEADLINE_MS,
  run: async (deps, _options, words) => {
    const entry = commandOf(words, deps.commands);
    const wanted = candidates(words, deps.commands, entry && (await entry.load()).default);
    if (wanted.kind === "file" || wanted.kind === "directory") {
      return await deps.out.text(`:${wanted.kind}\n`);
    }
    const found = wanted.kind === "words" ? wanted.candidates : await living(deps, wanted);
    const lines = found.map(({ word, about }) => `${terminalLine(word)}\t${terminalLine(about)}\n`);
    await deps.out.text(lines.join(""));
  },
});

async function living(
  deps: Deps,
  { kind, prefix }: Exclude<Wanted, { kind: "words" }>,
): Promise<Candidate[]> {
  const team = await deps.team();
  const all = await lookUp(deps, team, kind);
  return all.filter(({ word }) => word.startsWith(prefix));
}

async function openTasks(team: Awaited<ReturnType<Deps["team"]>>) {
  const status = ["in_progress", "claimed", "pending", "blocked", "failed"] as const;
  return (await team.tasks.list({ status: [...status], limit: MAX_TASKS })).tasks;
}

async function lookUp(
  deps: Deps,
  team: Awaited<ReturnType<Deps["team"]>>,
  kind: Exclude<Wanted, { kind: "words" }>["kind"],
): Promise<Candidate[]> {
  switch (kind) {
    case "task":
      return (await openTasks(team)).map(({ id, title }) => ({ word: id, about: title }));
    case "chain": {
      const [chains, tasks] = await Promise.all([team.chains.open(), openTasks(team)]);
      // Chains of tasks that somebody pushed have no record.
      const loose = new Map(tasks.map(({ chain_id }) => [chain_id ?? "", "chain"]));
      const known = new Map([...loose, ...chains.map(({ id, title }) => [id, title] as const)]);
      known.delete("");
      return [...known].map(([word, about]) => ({ word, about }));
    }
    case "requirement":
      return (await team.requirements.open()).map(({ id, content }) => ({
        word: id,
        about: content.slice(0, 60),
      }));
    case "member":
      return (await team.members.list()).flatMap(({ id, name, role }) => [
        { word: name, about: role },
        { word: id, about: `${name}, ${role}` },
      ]);
    case "message": {
      const { requireActor } = await import("../identity.ts");
      const { messages } = await team.inbox.poll((await requireActor(deps)).id, {
        limit: MAX_TASKS,
      });
      return messages.map(({ id, content }) => ({ word: id, about: content.slice(0, 60) }));
    }
    case "context-key":
      return (await team.context.keys({})).map((word) => ({ word, about: "shared value" }));
    case "file":
    case "directory":
      return [];
  }
}
