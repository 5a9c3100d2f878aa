import { terminalLine } from "../agent/terminal_text.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { MAX_REASON_BYTES } from "../domain/limits.ts";
import type { Task } from "../domain/task.ts";
import { truncateUtf8 } from "../domain/text.ts";
import type { WorkerContext } from "./context.ts";
import { tasksOutside } from "./earlier_tasks.ts";
import type { SessionStore } from "./session_store.ts";

/** Prepares the place of work for a run; null, or why it cannot begin there. */
export async function prepare(
  context: WorkerContext,
  sessions: SessionStore,
  task: Task,
  earlier: readonly Task[],
): Promise<string | null> {
  const { workplace, identity, show } = context;
  if (workplace === undefined) return null;
  const builtOn = [...earlier, ...await tasksOutside(context, task)];
  const mayGoOn = sessions.get(task.id, identity.workDir) !== null;
  try {
    const begun = await workplace.begin({ task, earlier: builtOn }, mayGoOn);
    if (begun.displaced !== null) sessions.forget(begun.displaced);
    for (const note of begun.notes) show(terminalLine(note));
    return null;
  } catch (error) {
    return `Cannot begin: ${reasonOf(error)}`;
  }
}

/** What was kept of a link that is done, as facts for its evidence; or why nothing could be. */
export type Kept =
  | { readonly kept: Readonly<Record<string, string>> }
  | { readonly problem: string };

/** Keeps the work of a link that is done. */
export async function keep({ workplace }: WorkerContext, task: Task): Promise<Kept> {
  try {
    return { kept: await workplace?.keep(task) ?? {} };
  } catch (error) {
    return { problem: `Its work cannot be kept: ${reasonOf(error)}` };
  }
}

/** The task is in others' hands now: what goes wrong from here on is told, and changes nothing of that. */
export async function tellHandedIn(
  { workplace, show }: WorkerContext,
  task: Task,
  kept: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    const notes = await workplace?.handedIn(task, kept) ?? [];
    for (const note of notes) show(terminalLine(note));
  } catch (error) {
    show(terminalLine(`Warning: ${reasonOf(error)}`));
  }
}

/** Anything but an error of our own is a defect, and goes on to whoever tells of those. */
function reasonOf(error: unknown): string {
  if (!(error instanceof OrchestratorError)) throw error;
  return truncateUtf8(error.message, MAX_REASON_BYTES / 2);
}
