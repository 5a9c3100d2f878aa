import { OrchestratorError } from "../domain/errors.ts";
import type { InstanceId } from "../domain/ids.ts";
import { Member } from "../domain/member.ts";
import type { Stat } from "../zookeeper/zookeeper.ts";
import type { Tree } from "./tree.ts";

/** A member's record with the stat of its node. */
export interface MemberNode {
  readonly member: Member;
  readonly stat: Stat;
}

/** Where a member's node is. */
export function memberPath(tree: Tree, id: InstanceId): string {
  return tree.path("instances", id);
}

/** The node of a member; null where there is none. Throws CORRUPT_DATA. */
export async function readMember(tree: Tree, id: InstanceId): Promise<MemberNode | null> {
  const read = await tree.read(memberPath(tree, id), Member);
  if (read.kind === "missing") return null;
  if (read.kind === "found") return { member: read.value, stat: read.stat };
  throw new OrchestratorError("CORRUPT_DATA", `Cannot read "${read.path}": ${read.problem}`, {
    hint: "Delete that node, if nothing uses it",
    details: { path: read.path },
  });
}

/** What an attaching member may know of the one whose node stands in its way. */
export interface Self {
  /** As in the member's record. */
  readonly host: string;
  readonly pid: number | null;
  readonly nonce: string;
  /** Hexadecimal, of the session that the node is to belong to. */
  readonly sessionId: string;
}

/**
 * What a node under the id that one wants is:
 * - `mine`: of this very session.
 * - `replaceable`: of an earlier session of this process, of a process on this host that has died, or
 *   a lease, which an attached member of the same id takes over.
 * - `running`: of a process on this host that is alive.
 * - `elsewhere`: of a session of which nothing is known but that it has not ended yet.
 */
export type Standing = "mine" | "replaceable" | "running" | "elsewhere";

export function standing(
  { member, stat }: {
    readonly member: Pick<Member, "host" | "pid" | "nonce">;
    readonly stat: Stat;
  },
  self: Self,
  isAlive: (pid: number) => boolean,
): Standing {
  if (ownerOf(stat) === 0n) return "replaceable";
  if (ownerOf(stat) === BigInt(`0x${self.sessionId}`)) return "mine";
  if (member.nonce !== "" && member.nonce === self.nonce) return "replaceable";
  if (member.host === "" || member.host !== self.host || member.pid === null) return "elsewhere";
  if (!isAlive(member.pid)) return "replaceable";
  // A pid of one's own in another's record: used again, as in a container that was started anew.
  return member.pid === self.pid ? "elsewhere" : "running";
}

function ownerOf(stat: Stat): bigint {
  return BigInt.asUintN(64, stat.ephemeralOwner);
}

/** The refusal of an id that is in use, with who uses it and where. */
export function memberExists(
  member: Member,
  standing: Standing,
  verb: "register" | "unregister",
): OrchestratorError {
  const where = member.pid === null ? member.host : `${member.host}, process ${member.pid}`;
  return new OrchestratorError(
    "MEMBER_EXISTS",
    `Cannot ${verb} "${member.id}": ${member.name} is attached under it (${where})`,
    {
      hint: verb === "register"
        ? "Stop that one, or choose another --instance-id"
        : "Stop that one",
      details: {
        id: member.id,
        name: member.name,
        role: member.role,
        host: member.host,
        pid: member.pid,
        connected_since: member.connected_since,
        standing,
      },
    },
  );
}
