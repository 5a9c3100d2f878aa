import type { InstanceId } from "../domain/ids.ts";
import { InboxOwner } from "../domain/message.ts";
import type { Member } from "../domain/member.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { EMPTY, encodePayload } from "./payload.ts";
import type { Tree } from "./tree.ts";

/**
 * Operations that give a member that joins its inbox, or keep what it says of its owner up to date, or
 * check that it still does; none where the node does not parse. The directories of an inbox are made
 * with it, so that the first message finds them.
 */
export async function inboxOps(
  tree: Tree,
  member: Pick<Member, "id" | "name" | "role">,
): Promise<Op[]> {
  const path = tree.path("messages", member.id);
  const owner = await tree.read(path, InboxOwner);
  const fresh: InboxOwner = { v: 1, name: member.name, role: member.role, left: false };
  const data = encodePayload(fresh);
  if (owner.kind === "missing") {
    return [
      { type: "create", path, data },
      ...["new", "read", "dead", "processing"].map((box): Op => ({
        type: "create",
        path: tree.path("messages", member.id, box),
        data: EMPTY,
      })),
    ];
  }
  if (owner.kind === "corrupt") return [];
  const { name, role, left } = owner.value;
  const { version } = owner.stat;
  return name === member.name && role === member.role && !left
    ? [{ type: "check", path, version }]
    : [{ type: "set", path, data, version }];
}

/**
 * Who leaves, and the operation by which the inbox keeps that this was told; null where it was told
 * already, or where there is no inbox that parses.
 */
export async function leavingOwner(
  tree: Tree,
  id: InstanceId,
): Promise<{ readonly owner: InboxOwner; readonly op: Op } | null> {
  const path = tree.path("messages", id);
  const read = await tree.read(path, InboxOwner);
  if (read.kind !== "found" || read.value.left) return null;
  const data = encodePayload({ ...read.value, left: true } satisfies InboxOwner);
  return { owner: read.value, op: { type: "set", path, data, version: read.stat.version } };
}
