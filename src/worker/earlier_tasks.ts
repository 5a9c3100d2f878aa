import { join } from "node:path";
import type { TaskId } from "../domain/ids.ts";
import type { Task } from "../domain/task.ts";
import { writeFile } from "./attempt.ts";
import type { WorkerContext } from "./context.ts";
import { docDirectory, earlierReports } from "./prompt.ts";

/** How many tasks back the earlier links are gathered. */
const MAX_EARLIER = 10;

/** The tasks that one builds on, the nearest first; those before them only within its chain. */
export async function earlierTasks(context: WorkerContext, task: Task): Promise<Task[]> {
  const earlier = new Map<TaskId, Task>();
  const near = await tasksOfChain(context, task);
  const ids = [...task.depends_on];
  for (let id = ids.shift(); id !== undefined && earlier.size < MAX_EARLIER; id = ids.shift()) {
    if (earlier.has(id)) continue;
    const found = near.get(id) ?? await context.team.tasks.get(id).catch(() => null);
    if (found === null) continue;
    earlier.set(id, found);
    if (found.chain_id !== null && found.chain_id === task.chain_id) ids.push(...found.depends_on);
  }
  return [...earlier.values()];
}

/** The tasks of its chain, read at once rather than one after the other. */
async function tasksOfChain(
  { team }: WorkerContext,
  { chain_id, depends_on }: Task,
): Promise<ReadonlyMap<TaskId, Task>> {
  if (chain_id === null || depends_on.length === 0) return new Map();
  const list = await team.tasks.list({ chainId: chain_id, limit: MAX_EARLIER }).catch(() => null);
  return new Map((list?.tasks ?? []).map((each) => [each.id, each]));
}

/** What a task waited for outside its chain, such as the last link of a chain before it. */
export async function tasksOutside(context: WorkerContext, task: Task): Promise<Task[]> {
  const ids = task.blocked_by.slice(0, MAX_EARLIER);
  const found = await Promise.all(ids.map((id) => context.team.tasks.get(id).catch(() => null)));
  return found.filter((each) => each !== null);
}

/** Writes their reports where the agent can read them; the file, or null where there are none. */
export function writeEarlierReports(
  context: WorkerContext,
  task: Task,
  earlier: readonly Task[],
): string | null {
  const text = earlierReports([...earlier].reverse());
  if (text === null) return null;
  const path = join(docDirectory(context.settings.cacheDir), `${task.id}.md`);
  return writeFile(context, path, text) ? path : null;
}
