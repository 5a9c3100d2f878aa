import type { InstanceId } from "../domain/ids.ts";
import type { Member } from "../domain/member.ts";
import type { Role } from "../domain/task.ts";
import type { MemberNode } from "./member_node.ts";

/**
 * - `online`: attached, or within its lease.
 * - `expired`: its lease has passed; it still counts as registered, and its claims are taken back.
 * - `offline`: not registered; known by the inbox that it left.
 */
export type Liveness = "online" | "expired" | "offline";

/** A member as listed; `lease_expires_at` is exact, by the server's clock. */
export type ListedMember = Member & { readonly liveness: Exclude<Liveness, "offline"> };

/** Somebody who can be written to. */
export interface KnownMember {
  /** What messages are addressed to. */
  readonly id: InstanceId;
  /** Its name now, or when it was here last. */
  readonly name: string;
  /** Its role now, or when it was here last; "" where its inbox does not tell. */
  readonly role: Role | "";
  /** Whether it is here; one that is `offline` finds its messages when it comes back. */
  readonly liveness: Liveness;
}

/**
 * How a member's node is listed when the server's clock shows `serverNow` (ms since 1970). A lease
 * runs from the last change of the node, so that only the server's clock matters.
 */
export function listed({ member, stat }: MemberNode, serverNow: number): ListedMember {
  if (member.lease_ms === null) return { ...member, liveness: "online" };
  const expiresAt = stat.mtime + member.lease_ms;
  return {
    ...member,
    lease_expires_at: new Date(expiresAt).toISOString(),
    liveness: expiresAt > serverNow ? "online" : "expired",
  };
}
