import { basename } from "node:path";
import type { AgentRequest } from "../agent/agent_request.ts";
import { isPart, type Part } from "./part.ts";
import type { Occasion } from "./script.ts";

/** What one run is asked to do, as read from its request. */
export interface Scene extends Occasion {
  /** Of the task; "" where the prompt does not say. */
  readonly title: string;
  /** What is asked: the task, the message, the requirement, or the report that is to be judged. */
  readonly text: string;
  readonly criteria: string;
  /** What an earlier round wants done better; "" in a first one. */
  readonly guidance: string;
}

/**
 * Reads a request. What part it is, of which task and for the how manyth time is told by its log's name
 * and its environment, which are right whoever runs it and whatever a project made of the templates;
 * the texts are found by the tags that the prompts put around them, and are empty where there are none.
 * `earlier` counts the runs of this process that nothing else counts.
 */
export function readScene(
  request: Pick<AgentRequest, "logPath" | "env" | "prompt">,
  earlier: (part: Part) => number,
): Scene {
  const { env, prompt } = request;
  const part = partOf(request);
  const attempt = Number(env["CLAUDE_ORCHESTRATOR_ATTEMPT"] ?? "");
  const isCounted = COUNTED.includes(part) && Number.isSafeInteger(attempt) && attempt >= 1;
  return {
    part,
    nth: isCounted ? attempt : earlier(part) + 1,
    subject: env["CLAUDE_ORCHESTRATOR_TASK_ID"] || keyOf(request.logPath),
    title: /, task \S+: (.*)$/m.exec(prompt)?.[1]?.trim() ??
      /^Your task is \S+: (.*)$/m.exec(prompt)?.[1]?.trim() ?? "",
    text: tagged(prompt, TAGS[part] ?? "task"),
    criteria: tagged(prompt, "criteria"),
    guidance: tagged(prompt, "guidance"),
  };
}

/** Parts whose runs are counted on the task's record. */
const COUNTED: readonly Part[] = ["plan", "build", "verify", "review", "accept", "task"];

const TAGS: Partial<Record<Part, string>> = {
  message: "message",
  decompose: "requirement",
  decide: "report",
};

function partOf({ logPath, env }: Pick<AgentRequest, "logPath" | "env">): Part {
  const [kind = ""] = basename(logPath).split("-");
  if (kind === "decompose" || kind === "decide") return kind;
  if (kind === "msg" || kind === "help") return "message";
  const link = env["CLAUDE_ORCHESTRATOR_LINK"] ?? "";
  return isPart(link) ? link : "task";
}

/** The log's name without its time: what the run is about. */
function keyOf(logPath: string): string {
  return basename(logPath).replace(/-\d{8}T\d{9}Z\.log$/, "");
}

/** What stands between a tag and its end; a missing value reads "(none)". */
function tagged(prompt: string, tag: string): string {
  const from = prompt.indexOf(`<${tag}>\n`);
  const to = prompt.indexOf(`\n</${tag}>`, from);
  if (from === -1 || to === -1) return "";
  const text = prompt.slice(from + tag.length + 3, to).trim();
  return text === "(none)" ? "" : text;
}
