import { type ChainId, type ReportId, reportIdOf } from "../../domain/ids.ts";
import { parseEntryName } from "../../domain/place.ts";
import { isHandedIn } from "../../domain/standing.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskStore } from "../tasks/store.ts";

/** One report of a link: a task that was handed in, for the n-th time. */
export interface LinkReport {
  /** `{task id}-{reports}`: the name under which what is decided of it is kept. */
  readonly id: ReportId;
  /** The chain that the task is a link of. */
  readonly chainId: ChainId;
  /** The task as it was handed in, with its result and evidence. */
  readonly task: Task;
}

/** Every report that is to be judged, by the ids of their tasks; at most one a chain at work. */
export async function readAwaiting(store: TaskStore): Promise<LinkReport[]> {
  const directory = store.path("awaiting");
  const buckets = await store.tree.children(directory);
  const names = await Promise.all(
    buckets.map((bucket) => store.tree.children(`${directory}/${bucket}`)),
  );
  const ids = names.flat().flatMap((name) => parseEntryName(name)?.id ?? []);
  const reads = await Promise.all(ids.map((id) => store.read(id)));
  return reads.flatMap((read) => {
    if (read.kind === "corrupt") store.onProblem(read);
    if (read.kind !== "found" || !isHandedIn(read.value)) return [];
    const { id, chain_id, reports } = read.value;
    return chain_id === null ? [] : [{
      id: reportIdOf(id, reports),
      chainId: chain_id,
      task: read.value,
    }];
  });
}
