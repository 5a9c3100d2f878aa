import { InboxOwner } from "../domain/message.ts";
import type { Member } from "../domain/member.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { EMPTY, encodePayload } from "./payload.ts";
import type { Tree } from "./tree.ts";

/**
 * Operations that give a member its inbox, or keep the name on it up to date; none where all is as it
 * should be, or where the node does not parse. The directories of an inbox are made with it, so that the first message finds them.
 */
export async function inboxOps(
  tree: Tree,
  member: Pick<Member, "id" | "name" | "role">,
): Promise<Op[]> {
  const path = tree.path("messages", member.id);
  const owner = await tree.read(path, InboxOwner);
  const data = encodePayload({ v: 1, name: member.name, role: member.role } satisfies InboxOwner);
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
  const { name, role } = owner.value;
  return name === member.name && role === member.role ? [] : [{ type: "set", path, data }];
}
