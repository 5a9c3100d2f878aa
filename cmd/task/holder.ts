import type { TaskQueue } from "../../src/coordination/task_queue.ts";
import type { FencingToken, TaskId } from "../../src/domain/ids.ts";
import type { Holder } from "../../src/domain/ownership.ts";
import type { Task } from "../../src/domain/task.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";
import type { Deps } from "../cli/command.ts";
import { actor, requireActor } from "../identity.ts";
import { taskView } from "./view.ts";

/** Options of every step that belongs to the owner of a claim. */
export const HOLDER_OPTIONS = {
  "task-id": {
    type: "text",
    required: true,
    placeholder: "id",
    completes: "task",
    help: "Task that the claim is on",
  },
  token: {
    type: "integer",
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    placeholder: "number",
    help: "Fencing token of the claim, as claim-task printed it: refused if it was claimed anew",
  },
  force: { type: "flag", help: "Do it though somebody else holds the claim; the journal says so" },
} as const satisfies OptionSpecs;

/**
 * Takes a step that ends the caller's work on a task. Without --force that must be a member; a leased
 * one that shows this task as its work shows it no more, by the same write that renews its lease.
 */
export async function endWork(
  deps: Deps,
  options: Values<typeof HOLDER_OPTIONS>,
  id: TaskId,
  take: (tasks: TaskQueue, holder: Holder & { readonly force: boolean }) => Promise<Task>,
): Promise<void> {
  let tell: (succeeded: boolean) => void = () => {};
  const work = { taskId: id, succeeded: new Promise<boolean>((resolve) => tell = resolve) };
  const { force } = options;
  const token = options.token as FencingToken | undefined;
  try {
    const [{ tasks }, by] = await Promise.all([
      deps.team(),
      force ? actor(deps, work) : requireActor(deps, work),
    ]);
    const task = await take(tasks, { by, force, ...(token === undefined ? {} : { token }) });
    tell(true);
    await deps.out.document(taskView(task));
  } finally {
    tell(false);
  }
}
