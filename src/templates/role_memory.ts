import { join } from "node:path";
import accepter from "../../templates/roles/accepter.md" with { type: "text" };
import builder from "../../templates/roles/builder.md" with { type: "text" };
import planner from "../../templates/roles/planner.md" with { type: "text" };
import reviewer from "../../templates/roles/reviewer.md" with { type: "text" };
import verifier from "../../templates/roles/verifier.md" with { type: "text" };
import type { Role } from "../domain/task.ts";
import type { Template } from "../domain/template.ts";
import type { Files } from "../platform/files.ts";
import { withoutMarks } from "./marked_block.ts";

/** What the members of a role should always know, as it ships with the program; projects add to it. */
export const ROLE_MEMORIES: Readonly<Record<string, string>> = {
  accepter,
  builder,
  planner,
  reviewer,
  verifier,
};

/** Where a project keeps what the members of a role should know. */
export function roleMemoryPath(projectRoot: string, role: Role): string {
  return join(projectRoot, ".claude-orchestrator", "roles", role, "CLAUDE.md");
}

/**
 * A template that begins with what the project says to the members of a role; as it is where the project
 * says nothing. The text is no template: `{{…}}` in it stays as it is.
 */
export function withRoleMemory(
  template: Template,
  files: Pick<Files, "read">,
  projectRoot: string,
  role: Role,
): Template {
  const memory = withoutMarks(files.read(roleMemoryPath(projectRoot, role)) ?? "").trim();
  return memory === "" ? template : { ...template, parts: [`${memory}\n\n`, ...template.parts] };
}
