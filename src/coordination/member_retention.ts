import { InstanceId } from "../domain/ids.ts";
import { Member } from "../domain/member.ts";
import { InboxOwner } from "../domain/message.ts";
import type { NewEvent } from "../domain/event.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { isConflict } from "./commit_once.ts";
import { leavingOwner } from "./inbox_owner.ts";
import type { Ledger } from "./ledger.ts";
import type { SweepOptions, Swept } from "./retention.ts";
import type { ServerTime } from "./server_time.ts";
import type { Tree } from "./tree.ts";

/** Parts of an inbox. */
const BOXES = ["new", "read", "dead", "processing"] as const;

/** Messages removed in one transaction. */
const BATCH = 200;

/** What the parts of the sweep share. */
interface Sweep {
  readonly tree: Tree;
  readonly ledger: Ledger;
  /** ms since 1970, by the server's clock: what is older goes. */
  readonly before: number;
}

/**
 * Forgets members in three steps, each as long after the one before: a lease that ended longer than
 * `olderThanMs` ago by the server's clock is removed, as if its member had left; of a member that is
 * gone without a word the journal tells that it left; the inbox of one that left is removed, unread
 * messages too. At most `limit` members at a time. A member that comes back begins with an empty inbox.
 */
export async function sweepMembers(
  tree: Tree,
  ledger: Ledger,
  serverTime: ServerTime,
  options: SweepOptions,
): Promise<Swept> {
  const sweep = { tree, ledger, before: await serverTime.now() - options.olderThanMs };
  let removed = 0;
  await tree.sync();
  const present = await tree.children(tree.path("instances"));
  const owners = await tree.children(tree.path("messages"));
  const steps = [
    ...present.map((name) => [name, removeLease] as const),
    ...owners.filter((name) => !present.includes(name)).map((name) => [name, forget] as const),
  ];
  for (const [name, step] of steps) {
    const id = InstanceId.safeParse(name);
    if (!id.success) continue;
    if (removed >= options.limit) return { removed, more: true };
    if (await step(sweep, id.data)) removed++;
  }
  return { removed, more: false };
}

/** Removes a lease that ended long ago; a renewal until the very transaction saves it. */
async function removeLease({ tree, ledger, before }: Sweep, id: InstanceId): Promise<boolean> {
  const path = tree.path("instances", id);
  const read = await tree.read(path, Member);
  if (read.kind !== "found" || read.value.lease_ms === null) return false;
  if (read.stat.mtime + read.value.lease_ms >= before) return false;
  const leaving = await leavingOwner(tree, id);
  const { name, role } = read.value;
  return await commits(ledger, [
    { type: "delete", path, version: read.stat.version },
    ...leaving === null ? [] : [leaving.op],
  ], leftEvent({ id, name, role }, "its lease ended long ago"));
}

/** Tells of a member that is gone, or removes its inbox once that was told long ago. */
async function forget(sweep: Sweep, id: InstanceId): Promise<boolean> {
  const { tree, ledger, before } = sweep;
  const path = tree.path("messages", id);
  const read = await tree.read(path, InboxOwner);
  if (read.kind !== "found") return false;
  if (!read.value.left) {
    const leaving = await leavingOwner(tree, id);
    if (leaving === null) return false;
    const { name, role } = leaving.owner;
    const event = leftEvent({ id, name, role }, "its session ended");
    await commits(ledger, [...absence(tree, id), leaving.op], event);
    return false;
  }
  if (read.stat.mtime >= before) return false;
  // Each batch proves anew that the member is not back: what it is sent then is not touched.
  const still: Op[] = [{ type: "check", path, version: read.stat.version }, ...absence(tree, id)];
  const [contents, stats] = await Promise.all([
    Promise.all(BOXES.map((box) => pathsIn(tree, `${path}/${box}`))),
    Promise.all(BOXES.map((box) => tree.zk.exists(`${path}/${box}`))),
  ]);
  const messages = contents.flat();
  for (let at = 0; at < messages.length; at += BATCH) {
    const ops = messages.slice(at, at + BATCH).map((each): Op => ({ type: "delete", path: each }));
    if (!await commits(ledger, [...still, ...ops], null)) return false;
  }
  const boxes = BOXES.filter((_, index) => stats[index] !== null);
  return await commits(ledger, [
    ...still,
    ...boxes.map((box): Op => ({ type: "delete", path: `${path}/${box}` })),
    { type: "delete", path, version: read.stat.version },
  ], null);
}

async function pathsIn(tree: Tree, directory: string): Promise<string[]> {
  return (await tree.children(directory)).map((name) => `${directory}/${name}`);
}

/** Proves that a member is not back: what is there cannot be created. */
function absence(tree: Tree, id: InstanceId): Op[] {
  const path = tree.path("instances", id);
  return [{ type: "create", path }, { type: "delete", path }];
}

function leftEvent(
  { id, name, role }: { readonly id: InstanceId; readonly name: string; readonly role: string },
  reason: string,
): NewEvent {
  return { type: "member_left", by: id, by_name: name, reason, data: { role } };
}

/** Whether it was carried out: where somebody came in between, the next sweep looks again. */
async function commits(
  ledger: Ledger,
  ops: readonly Op[],
  event: NewEvent | null,
): Promise<boolean> {
  try {
    await ledger.commit(ops, event);
    return true;
  } catch (error) {
    if (!isConflict(error)) throw error;
    return false;
  }
}
