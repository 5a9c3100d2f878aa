import type { Op } from "../../zookeeper/zookeeper.ts";
import { encodePayload } from "../payload.ts";
import type { Corrupt } from "../tree.ts";
import { isConflict } from "../commit_once.ts";
import type { Named, TaskStore } from "./store.ts";

/**
 * Takes an index entry whose record is missing or does not parse out of everybody's way, and notes
 * where it lay under `/tasks/set_aside/{id}`. The record itself is not touched.
 */
export async function setAside(
  store: TaskStore,
  { id, entry }: Named,
  why: Corrupt | { readonly kind: "missing" },
): Promise<void> {
  const problem = why.kind === "corrupt" ? why.problem : "record is missing";
  store.onProblem({ path: store.recordPath(id), problem });
  const check: Op[] = why.kind === "corrupt"
    ? [{ type: "check", path: store.recordPath(id), version: why.stat.version }]
    : [];
  const note = store.path("set_aside", id);
  const data = encodePayload({ v: 1, id, entry, problem });
  const isNoted = await store.tree.zk.exists(note) !== null;
  const write: Op = isNoted ? { type: "set", path: note, data } : {
    type: "create",
    path: note,
    data,
  };
  try {
    await store.ledger.commit([...check, { type: "delete", path: entry }, write], null);
  } catch (error) {
    // Somebody else was faster, or mended the record: whoever meets the entry again looks again.
    if (!isConflict(error)) throw error;
  }
}
