import type { TaskId } from "../../domain/ids.ts";
import type { Actor } from "../../domain/member.ts";
import { isMet } from "../../domain/standing.ts";
import type { Act, Step } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import { change } from "./change.ts";
import { readExisting, unmetChecks } from "./push.ts";
import type { TaskStore } from "./store.ts";

/**
 * Makes a task pending again. What it depends on is looked at anew: completed dependencies are met,
 * the others are waited for again, with the same check against their end as a push makes.
 *
 * @throws OrchestratorError DEPENDENCY_FAILED, DEPENDENCY_NOT_FOUND, and those of the step
 */
export async function requeue(
  store: TaskStore,
  id: TaskId,
  by: Actor,
  take: (task: Task, unmet: readonly TaskId[], act: Act) => Step,
): Promise<Task> {
  const act = store.act(by);
  const { task } = await change(store, id, act, async ({ task }) => {
    // First without dependencies: what the state alone forbids is refused as that.
    take(task, [], act);
    const dependencies = [...task.depends_on, ...task.blocked_by].map((on) => ({
      field: "depends_on" as const,
      on: { id: on },
    }));
    // One that is no longer there was completed or cancelled long ago, and removed since.
    const existing = await readExisting(store, [{ dependencies }], { isMissingMet: true });
    const unmet = [...existing].flatMap(([dependency, found]) =>
      isMet(found.task) ? [] : [dependency]
    );
    return { ...take(task, unmet, act), guards: unmetChecks(store, existing) };
  });
  return task;
}
