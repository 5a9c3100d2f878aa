import { join } from "node:path";
import leaderDecide from "../../templates/agents/leader-decide.md" with { type: "text" };
import leaderDecompose from "../../templates/agents/leader-decompose.md" with { type: "text" };
import workerAccept from "../../templates/agents/worker-accept.md" with { type: "text" };
import workerAgain from "../../templates/agents/worker-again.md" with { type: "text" };
import workerBuild from "../../templates/agents/worker-build.md" with { type: "text" };
import workerMessage from "../../templates/agents/worker-message.md" with { type: "text" };
import workerPlan from "../../templates/agents/worker-plan.md" with { type: "text" };
import workerReview from "../../templates/agents/worker-review.md" with { type: "text" };
import workerTask from "../../templates/agents/worker-task.md" with { type: "text" };
import workerVerify from "../../templates/agents/worker-verify.md" with { type: "text" };
import type { ReportKind } from "../domain/report.ts";
import { loadTemplate, type Template } from "../domain/template.ts";
import type { Files } from "../platform/files.ts";

/** The prompts that ship with the program, by name. */
export const AGENT_TEMPLATES = {
  "leader-decide": leaderDecide,
  "leader-decompose": leaderDecompose,
  "worker-accept": workerAccept,
  "worker-again": workerAgain,
  "worker-build": workerBuild,
  "worker-message": workerMessage,
  "worker-plan": workerPlan,
  "worker-review": workerReview,
  "worker-task": workerTask,
  "worker-verify": workerVerify,
} as const;

export type AgentTemplateName = keyof typeof AGENT_TEMPLATES;

export const AGENT_TEMPLATE_NAMES = Object.keys(AGENT_TEMPLATES) as AgentTemplateName[];

/**
 * The template of a Worker's run: by link, or for a task without one, or for a message; `again` for a
 * task that goes on in the conversation it was worked on in before.
 */
export function workerTemplateName(kind: ReportKind | "again"): AgentTemplateName {
  return `worker-${kind}`;
}

/** Where a project keeps its own copy of a template. */
export function ownTemplatePath(projectRoot: string, name: AgentTemplateName): string {
  return join(projectRoot, ".claude-orchestrator", "agents", `${name}.md`);
}

/**
 * A template, ready to be filled: the project's own copy where it has one, else the one that ships
 * with the program. Throws INVALID_TEMPLATE for a copy with an unknown variable, naming its file and
 * line.
 */
export function agentTemplate(
  name: AgentTemplateName,
  files: Pick<Files, "read">,
  projectRoot: string,
): Template {
  const path = ownTemplatePath(projectRoot, name);
  const own = files.read(path);
  return own === null ? loadTemplate(name, AGENT_TEMPLATES[name]) : loadTemplate(path, own);
}
