import type { TaskQueue } from "../../src/coordination/task_queue.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { FencingToken, TaskId } from "../../src/domain/ids.ts";
import type { Holder } from "../../src/domain/ownership.ts";
import type { Task } from "../../src/domain/task.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";
import type { Deps } from "../cli/command.ts";
import { knownActor, requireActor } from "../identity.ts";
import { taskId } from "../ids.ts";
import { taskView } from "./view.ts";

const TASK_VARIABLE = "CLAUDE_ORCHESTRATOR_TASK_ID";
const TOKEN_VARIABLE = "CLAUDE_ORCHESTRATOR_CLAIM_TOKEN";

/** Options of every step that belongs to the owner of a claim. */
export const HOLDER_OPTIONS = {
  "task-id": {
    type: "text",
    placeholder: "id",
    completes: "held-task",
    help: "Task that the claim is on",
    default: `${TASK_VARIABLE}, which a Worker sets for its agent`,
  },
  token: {
    type: "integer",
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    placeholder: "number",
    help: "Fencing token of the claim, as claim-task printed it: refused if it was claimed anew",
    default: `${TOKEN_VARIABLE}, where the task is that of ${TASK_VARIABLE}`,
  },
  force: { type: "flag", help: "Do it though somebody else holds the claim; the journal says so" },
} as const satisfies OptionSpecs;

type Options = Values<typeof HOLDER_OPTIONS>;

/**
 * The task that a step is on: the option's, else that of the environment, in which a Worker names it,
 * since an agent may be refused a command with a variable in it. Throws USAGE, INVALID_INPUT.
 */
export function heldTask({ host }: Deps, options: Options): TaskId {
  const text = options["task-id"] ?? (host.env[TASK_VARIABLE] || undefined);
  if (text !== undefined) return taskId(text);
  throw new OrchestratorError("USAGE", "Missing option --task-id", {
    hint: `Name the task, or set ${TASK_VARIABLE}`,
    details: { missing: ["--task-id"] },
  });
}

/** The token of the option, else that of the environment where it belongs to this task. */
function heldToken({ host }: Deps, { token }: Options, id: TaskId): FencingToken | undefined {
  if (token !== undefined) return token as FencingToken;
  const text = host.env[TASK_VARIABLE] === id ? host.env[TOKEN_VARIABLE] ?? "" : "";
  if (text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text) as FencingToken;
  throw new OrchestratorError("USAGE", `${TOKEN_VARIABLE} must be a whole number`);
}

/**
 * Takes a step that ends the caller's work on a task. Without --force that must be a member; a leased
 * one that shows this task as its work shows it no more, by the same write that renews its lease.
 */
export async function endWork(
  deps: Deps,
  options: Options,
  id: TaskId,
  take: (tasks: TaskQueue, holder: Holder & { readonly force: boolean }) => Promise<Task>,
): Promise<void> {
  let tell: (succeeded: boolean) => void = () => {};
  const work = { taskId: id, succeeded: new Promise<boolean>((resolve) => tell = resolve) };
  const { force } = options;
  const token = heldToken(deps, options, id);
  try {
    const [{ tasks }, by] = await Promise.all([
      deps.team(),
      force ? knownActor(deps, work) : requireActor(deps, work),
    ]);
    const task = await take(tasks, { by, force, ...(token === undefined ? {} : { token }) });
    tell(true);
    await deps.out.document(taskView(task));
  } finally {
    tell(false);
  }
}
