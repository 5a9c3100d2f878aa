import type { Team } from "../../src/coordination/team.ts";
import type { ChainId, InstanceId } from "../../src/domain/ids.ts";
import type { Task, TaskStatus } from "../../src/domain/task.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Output } from "../output.ts";
import { type TaskView, taskView } from "./view.ts";

/** Which tasks are of interest; a filter that is left out lets all through. */
export interface TaskFilter {
  readonly status?: readonly TaskStatus[];
  readonly chainId?: ChainId;
  readonly assignee?: InstanceId;
}

/** One line of `watch-tasks` and `list-tasks --watch`. */
export interface TaskChange {
  readonly v: 1;
  /** As in the journal (`task_claimed` …); `task_present` for what was there at the start. */
  readonly type: string;
  /** Of the journal entry: `events --since <id>` goes on after it. */
  readonly id: string;
  readonly time: string;
  /** Instance that did it, or "". */
  readonly by: string;
  /** The task as it is when the line is written, at or after this change. */
  readonly task: TaskView;
}

/**
 * Each change after the journal entry `since` by which a task comes to match the filter, or changes
 * while it does. Ends when the signal is aborted.
 */
export async function* followTasks(
  team: Team,
  filter: TaskFilter,
  signal: AbortSignal,
  since: string,
): AsyncGenerator<TaskChange> {
  for await (const event of team.journal.follow(signal, since)) {
    const ids = event.task_ids ?? (event.task_id === null ? [] : [event.task_id]);
    if (event.type === "message_sent" || event.type === "hook_ran") continue;
    for (const id of ids) {
      const task = await present(team, id);
      if (task === null || !matches(task, filter)) continue;
      const { type, time, by } = event;
      yield { v: 1, type, id: event.id, time, by: by ?? "", task: taskView(task) };
    }
  }
}

/** One line of the stream; for people, what happened in words. */
export async function printChange(out: Output, change: TaskChange): Promise<void> {
  const { task, type, time } = change;
  await out.event(change, `${time}  ${type}  ${task.id}  ${task.status}  ${task.title}`);
}

async function present(team: Team, id: Task["id"]): Promise<Task | null> {
  try {
    return await team.tasks.get(id);
  } catch (error) {
    if (error instanceof OrchestratorError && error.code === "TASK_NOT_FOUND") return null;
    throw error;
  }
}

function matches(task: Task, { status, chainId, assignee }: TaskFilter): boolean {
  return (status === undefined || status.includes(task.status)) &&
    (chainId === undefined || task.chain_id === chainId) &&
    (assignee === undefined || task.assigned_to === assignee);
}
