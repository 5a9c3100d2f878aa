import { closest } from "./closest.ts";
import { OrchestratorError } from "./errors.ts";

/** What a template may name, and what is put in its place. */
export const TEMPLATE_VARIABLES = {
  name: "name of the member that runs the prompt",
  role: "role in which it runs it",
  preset_role: "role that it registered with",
  work_dir: "directory it works in",
  time: "time of the run, ISO 8601, UTC",
  task_id: "id of the task",
  task_title: "title of the task",
  task_description: "description of the task",
  task_criteria: "completion criteria of the task",
  task_doc_path: "file with more about the task",
  result_path: "file in which the answer is kept",
  chain_id: "id of the chain",
  link: "link of the chain: plan, build, verify, review or accept",
  content: "text of the message, of the guidance, of the report or of the requirement",
  from_name: "name of the sender",
  leader_name: "name of the Leader",
  team_status: "members of the team, JSON",
  task_queues: "tasks by state, JSON",
  chain_status: "chains with their links, JSON",
} as const;

export type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;
export type TemplateValues = { readonly [V in TemplateVariable]?: string };

/** A template that names known variables only. */
export interface Template {
  readonly name: string;
  readonly variables: ReadonlySet<TemplateVariable>;
  /** Literal text and variables by turns, in the order of the text. */
  readonly parts: readonly (string | { readonly variable: TemplateVariable })[];
}

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

function isVariable(name: string): name is TemplateVariable {
  return Object.hasOwn(TEMPLATE_VARIABLES, name);
}

function unknownVariable(template: string, variable: string, line: number): OrchestratorError {
  const known = Object.keys(TEMPLATE_VARIABLES);
  const near = closest(variable, known);
  return new OrchestratorError(
    "INVALID_TEMPLATE",
    `Unknown variable "{{${variable}}}" in line ${line} of template "${template}"`,
    {
      hint: near === null ? `Known are: ${known.join(", ")}` : `Did you mean "{{${near}}}"?`,
      details: { template, variable, line, known },
    },
  );
}

/**
 * Understands a template: `{{name}}` is a variable, everything else is text. Throws INVALID_TEMPLATE
 * for a variable that does not exist, with its line.
 */
export function loadTemplate(name: string, text: string): Template {
  const parts: (string | { variable: TemplateVariable })[] = [];
  const variables = new Set<TemplateVariable>();
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const variable = (match[1] ?? "").trim();
    if (!isVariable(variable)) {
      throw unknownVariable(name, variable, text.slice(0, match.index).split("\n").length);
    }
    parts.push(text.slice(end, match.index), { variable });
    variables.add(variable);
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return { name, variables, parts };
}

/** What stands for a variable that has no value. */
const NOTHING = "(none)";

/**
 * Fills a template in one pass: a value that contains `{{…}}`, `$&` or anything else stays as it is.
 * A variable without a value, or with an empty one, reads `(none)`.
 */
export function render(template: Template, values: TemplateValues): string {
  return template.parts
    .map((part) => typeof part === "string" ? part : values[part.variable] || NOTHING)
    .join("");
}
