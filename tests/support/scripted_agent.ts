import { appendFileSync, mkdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { AgentRequest, AgentRun } from "../../src/agent/agent_request.ts";
import type { Outcome } from "../../src/agent/outcome.ts";
import type { Workshop } from "../../src/agent/workshop.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";

/** One run, as a script sees it. */
export interface ScriptedRun {
  /** `decompose`, `decide`, or the link of a task; `task` for one without, `message` for a message. */
  readonly kind: string;
  readonly taskId: string;
  readonly prompt: string;
  readonly request: AgentRequest;
  /** How often this kind was asked before. */
  readonly before: number;
}

/** What an agent says: a text, an object by its schema, or how its run ended otherwise. */
export type Saying = string | { readonly answer: unknown } | { readonly outcome: Outcome };
export type AgentScript = (run: ScriptedRun) => Saying | Promise<Saying>;

export interface ScriptedWorkshop extends Workshop {
  /** Every run so far, in the order in which they began. */
  readonly runs: readonly ScriptedRun[];
}

const USD = 0.01;

/**
 * A workshop whose agent is a script in this very process; each run costs one cent, or what `cost`
 * says in US dollars. As a real one does, it logs what it says.
 */
export function scriptedWorkshop(
  script: AgentScript,
  cost: (run: ScriptedRun) => number = () => USD,
): ScriptedWorkshop {
  const runs: ScriptedRun[] = [];
  return {
    runs,
    run: async (request) => {
      const kind = kindOf(request);
      const run: ScriptedRun = {
        kind,
        taskId: request.env["CLAUDE_ORCHESTRATOR_TASK_ID"] ?? "",
        prompt: request.prompt,
        request,
        before: runs.filter((earlier) => earlier.kind === kind).length,
      };
      runs.push(run);
      const saying = await script(run);
      const said = typeof saying === "string" ? saying : JSON.stringify(saying);
      mkdirSync(dirname(request.logPath), { recursive: true });
      appendFileSync(request.logPath, said);
      return { ...runOf(request, saying), costUsd: cost(run) };
    },
    lookAtWorkTree: () => Promise.resolve({ changes: () => Promise.resolve(null) }),
    endOrphans: () => Promise.resolve(0),
    isAlive: () => true,
    files: nodeFiles,
  };
}

function kindOf({ logPath, prompt }: AgentRequest): string {
  const [kind = ""] = basename(logPath).split("-");
  if (kind !== "task") return kind === "msg" || kind === "help" ? "message" : kind;
  return /This is the \*\*(\w+)\*\* link/.exec(prompt)?.[1] ?? "task";
}

function runOf({ logPath }: AgentRequest, saying: Saying): AgentRun {
  const isText = typeof saying === "string";
  const outcome: Outcome = !isText && "outcome" in saying ? saying.outcome : { kind: "ok" };
  const answer = !isText && "answer" in saying ? saying.answer : undefined;
  return {
    outcome,
    exit: { code: 0, signal: null },
    killedBy: null,
    costUsd: USD,
    sessionCostUsd: null,
    usage: { inputTokens: 100, outputTokens: 10, cacheCreationTokens: 0, cacheReadTokens: 0 },
    model: null,
    sessionId: null,
    numTurns: 1,
    durationMs: 1,
    text: isText ? saying : "",
    structuredOutput: answer,
    denied: [],
    logPath,
    logProblem: null,
    warnings: [],
  };
}

const LINK = (link: string) => ({
  title: `${link} it`,
  description: `What ${link} is to do`,
  criteria: "It is there",
});

/** The plan of one chain with all five links. */
export const FIVE_LINKS = {
  title: "The whole of it",
  links: {
    plan: LINK("plan"),
    build: LINK("build"),
    verify: LINK("verify"),
    review: LINK("review"),
    accept: LINK("accept"),
  },
};

/** The same without a plan. */
export const FOUR_LINKS = { ...FIVE_LINKS, links: { ...FIVE_LINKS.links, plan: null } };

const REPORT = "Status: done\nSummary: it is done\nVerdict: pass\n";

/** A script of a team in which everything goes well, but for what `other` says otherwise. */
export function goodTeam(
  other: (run: ScriptedRun) => Saying | null | Promise<Saying | null> = () => null,
): AgentScript {
  return async (run) => {
    const said = await other(run);
    if (said !== null) return said;
    if (run.kind === "decompose") return { answer: { chains: [FIVE_LINKS] } };
    if (run.kind === "decide") return { answer: { decision: "pass", reason: "All is shown" } };
    return REPORT;
  };
}
