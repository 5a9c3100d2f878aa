import type { NewTask } from "../../src/domain/task.ts";
import type { Deps } from "../cli/command.ts";
import type { TaskLine } from "./task_lines.ts";

type Assigned = Pick<Required<NewTask>, "assigned_to" | "assigned_to_name">;

/** The member of that unique name, or id, as a task names it. Throws MEMBER_NOT_FOUND, MEMBER_AMBIGUOUS. */
export async function assignee(deps: Deps, nameOrId: string): Promise<Assigned> {
  const team = await deps.team();
  const member = await team.members.find(nameOrId);
  return { assigned_to: member.id, assigned_to_name: member.name };
}

/** The tasks with their assignees looked up, each name once. */
export async function withAssignees(deps: Deps, lines: readonly TaskLine[]): Promise<NewTask[]> {
  const names = new Set(lines.flatMap((line) => line.assignee === undefined ? [] : line.assignee));
  const found = new Map<string, Assigned>();
  for (const name of names) found.set(name, await assignee(deps, name));
  return lines.map(({ assignee: name, task }) => ({
    ...task,
    ...(name === undefined ? {} : found.get(name)),
  }));
}
