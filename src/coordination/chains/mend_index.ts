import type { Op } from "../../zookeeper/zookeeper.ts";
import type { TaskStore } from "../tasks/store.ts";

/**
 * The operations of a step without those on index entries that somebody's hand has made superfluous: one
 * that is to be deleted and is not there, one that is to be made and is there. The records were read
 * before the entries, and each is named at its version in the same transaction, so no step explains what
 * is found here. The step goes on without them, which sets the index right.
 */
export async function mendIndex(store: TaskStore, ops: readonly Op[]): Promise<Op[]> {
  const isNeeded = await Promise.all(ops.map(async (op) => {
    if (op.type !== "delete" && op.type !== "create" || !isEntry(store, op.path)) return true;
    const isThere = await store.tree.zk.exists(op.path) !== null;
    if (isThere === (op.type === "delete")) return true;
    const problem = `index entry was ${isThere ? "there already" : "missing"}`;
    store.onProblem({ path: op.path, problem });
    return false;
  }));
  return ops.filter((_, index) => isNeeded[index]);
}

function isEntry({ tree }: TaskStore, path: string): boolean {
  const [kind = "", part = "", ...rest] = tree.segments(path);
  if (kind === "tasks") return !["records", "wake"].includes(part) && rest.length > 1;
  return part === "open" || part === "closed";
}
