import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import type { InstanceId } from "../domain/ids.ts";
import { LeaderHistory, LeaderRecord, MAX_FORMER } from "../domain/leader.ts";
import type { Op, Stat } from "../zookeeper/zookeeper.ts";
import type { Standing } from "./member_node.ts";
import { EMPTY, encodePayload } from "./payload.ts";
import type { Tree } from "./tree.ts";

/** `/leader` as read. */
export interface Holder {
  readonly record: LeaderRecord;
  readonly stat: Stat;
}

/** Who leads, and who led, as read together. */
export interface OfficeReading {
  readonly holder: Holder | null;
  readonly history: LeaderHistory;
  /** Version of `/leader-epoch`, the last epoch; null where there is no such node. */
  readonly epoch: number | null;
}

const NOBODY_YET: LeaderHistory = { v: 1, instance_id: null, name: "", since: null, former: [] };

/** Reads `/leader` and `/leader-epoch` as of now. Throws CORRUPT_DATA; ZooKeeperError. */
export async function readOffice(tree: Tree): Promise<OfficeReading> {
  const [, leader, history] = await Promise.all([
    tree.sync(),
    tree.read(tree.path("leader"), LeaderRecord),
    tree.read(tree.path("leader-epoch"), LeaderHistory),
  ]);
  if (leader.kind === "corrupt") {
    throw corrupt(leader, "Delete that node, if no Leader runs; the next one makes it anew");
  }
  if (history.kind === "corrupt") {
    throw corrupt(
      history,
      `Set it to {"v":1}; do not delete it, for its version counts the Leaders`,
    );
  }
  return {
    holder: leader.kind === "found" ? { record: leader.value, stat: leader.stat } : null,
    history: history.kind === "found" ? history.value : NOBODY_YET,
    epoch: history.kind === "found" ? history.stat.version : null,
  };
}

/** Who led before somebody who takes office now, newest first, without that one. */
function formerOf(history: LeaderHistory, id: InstanceId): InstanceId[] {
  const last = history.instance_id === null ? [] : [history.instance_id];
  return [...new Set([...last, ...history.former])].filter((former) => former !== id)
    .slice(0, MAX_FORMER);
}

/** The epoch of whoever takes office next. */
export function nextEpoch({ epoch }: OfficeReading): number {
  return (epoch ?? 0) + 1;
}

/**
 * The transaction that makes `record`, of the next epoch, the Leader: `/leader` with its session, in place of a holder that
 * is gone, and one version more of `/leader-epoch`, which fails where somebody was faster.
 */
export function takingOffice(
  tree: Tree,
  { holder, history, epoch }: OfficeReading,
  record: LeaderRecord,
): { readonly ops: Op[]; readonly event: NewEvent } {
  const leader = tree.path("leader");
  const path = tree.path("leader-epoch");
  const { instance_id, name, host, pid, started_at, nonce } = record;
  const former = formerOf(history, instance_id);
  const next: LeaderHistory = { v: 1, instance_id, name, since: started_at, former };
  const replaced: Op[] = holder === null
    ? []
    : [{ type: "delete", path: leader, version: holder.stat.version }];
  // The first epoch is 1, so the node that is made for it is set once in the same transaction.
  const made: Op[] = epoch === null ? [{ type: "create", path, data: EMPTY }] : [];
  return {
    ops: [
      ...replaced,
      { type: "create", path: leader, data: encodePayload(record), mode: "ephemeral" },
      ...made,
      { type: "set", path, data: encodePayload(next), version: epoch ?? 0 },
    ],
    event: {
      type: "leader_elected",
      by: instance_id,
      by_name: name,
      data: {
        epoch: record.epoch,
        predecessor: history.instance_id,
        predecessor_name: history.name,
        host,
        pid,
        nonce,
      },
    },
  };
}

/** The refusal to lead beside somebody who does. */
export function leaderExists(
  record: LeaderRecord,
  standing: Exclude<Standing, "replaceable">,
): OrchestratorError {
  const { instance_id, name, host, pid, epoch } = record;
  const since = record.started_at;
  const where = pid === null ? host : `${host}, process ${pid}`;
  return new OrchestratorError(
    "LEADER_EXISTS",
    `Cannot lead: "${name}" leads since ${since} (${where})`,
    {
      hint: "Use --standby to take over when it goes",
      details: { id: instance_id, name, host, pid, since, epoch, standing },
    },
  );
}

function corrupt(
  { path, problem }: { readonly path: string; readonly problem: string },
  hint: string,
): OrchestratorError {
  return new OrchestratorError("CORRUPT_DATA", `Cannot read "${path}": ${problem}`, {
    hint,
    details: { path },
  });
}
