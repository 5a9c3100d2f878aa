import type { ListedMember } from "./liveness.ts";

/** One difference between two lists of the members. */
export interface MemberChange {
  /**
   * `joined` also for everybody who is there when the watch begins; `changed` also when a lease
   * ends.
   */
  readonly type: "joined" | "left" | "changed";
  /** As it is now; of one that left, as it was last. */
  readonly member: ListedMember;
}

/**
 * What happened from one list to the next. A member that left and came back in between as another
 * process (its nonce says so) has left and joined.
 */
export function memberChanges(
  before: ReadonlyMap<string, ListedMember>,
  after: ReadonlyMap<string, ListedMember>,
): MemberChange[] {
  const changes: MemberChange[] = [];
  for (const [id, member] of before) {
    const now = after.get(id);
    if (now === undefined || now.nonce !== member.nonce) changes.push({ type: "left", member });
  }
  for (const [id, member] of after) {
    const then = before.get(id);
    if (then === undefined || then.nonce !== member.nonce) changes.push({ type: "joined", member });
    else if (shown(then) !== shown(member)) changes.push({ type: "changed", member });
  }
  return changes;
}

/** What makes a difference to who watches: a mere renewal of a lease does not. */
function shown(member: ListedMember): string {
  return JSON.stringify({ ...member, lease_expires_at: null });
}

/** ms until the first of the leases ends, at least 1; undefined where there is none to end. */
export function msToNextExpiry(
  members: Iterable<ListedMember>,
  serverNow: number,
): number | undefined {
  const ends = [...members].flatMap(({ liveness, lease_expires_at }) =>
    liveness === "online" && lease_expires_at !== null ? [Date.parse(lease_expires_at)] : []
  );
  return ends.length === 0 ? undefined : Math.max(1, Math.min(...ends) - serverNow);
}
