import { closest } from "../domain/closest.ts";
import { ROLE } from "../domain/patterns.ts";

/** What may be said for the members of one role, and the key that says it for all. */
export const ROLE_SETTINGS = {
  command: { kind: "command", general: "command" },
  model: { kind: "model", general: "model" },
  max_turns: { kind: "count", general: "limits.max_turns" },
  budget_usd: { kind: "money", general: "limits.budget_usd" },
  budget_tokens: { kind: "count", general: "limits.budget_tokens" },
} as const;

export type RoleSetting = keyof typeof ROLE_SETTINGS;

/** A setting of one role, such as `roles.builder.command`. */
export type RoleKey<S extends RoleSetting = RoleSetting> = `roles.${string}.${S}`;

const NAMES: readonly RoleSetting[] = Object.keys(ROLE_SETTINGS) as RoleSetting[];

const VARIABLE = /^CLAUDE_ORCHESTRATOR_ROLES_([A-Z][A-Z0-9_]*)_/;

/** The key of a role's setting. */
export function roleKey<S extends RoleSetting>(role: string, setting: S): RoleKey<S> {
  return `roles.${role}.${setting}`;
}

/** The setting that a key of a role names; null for any other key. */
export function settingOf(key: string): RoleSetting | null {
  const [head, role, setting, ...rest] = key.split(".");
  if (head !== "roles" || role === undefined || rest.length > 0) return null;
  return ROLE.regex.test(role) ? NAMES.find((name) => name === setting) ?? null : null;
}

/** Whether a text is the key of a role's setting. */
export function isRoleKey(key: string): key is RoleKey {
  return settingOf(key) !== null;
}

/** Whether a text names all roles, or all settings of one. */
export function isRoleGroup(name: string): boolean {
  return name === "roles" || /^roles\.[^.]+$/.test(name);
}

/** What was probably meant by a key below `roles` that is none, as a clause. */
export function roleSuggestion(name: string): string {
  const [, role = "", ...rest] = name.split(".");
  if (!ROLE.regex.test(role)) return `the name of a role ${ROLE.problem}`;
  const near = closest(rest.join("."), NAMES);
  return near === null ? `a role has ${NAMES.join(", ")}` : `did you mean "roles.${role}.${near}"?`;
}

/** Keys of roles that an environment sets: `CLAUDE_ORCHESTRATOR_ROLES_BUILDER_COMMAND`. */
export function roleKeysIn(env: Readonly<Record<string, string | undefined>>): RoleKey[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    if (!value || !VARIABLE.test(variable)) return [];
    const setting = NAMES.find((name) => variable.endsWith(`_${name.toUpperCase()}`));
    if (setting === undefined) return [];
    const head = "CLAUDE_ORCHESTRATOR_ROLES_".length;
    const role = variable.slice(head, -setting.length - 1).toLowerCase().replaceAll("_", "-");
    return ROLE.regex.test(role) ? [roleKey(role, setting)] : [];
  });
}
