import type { JournalEvent } from "../domain/event.ts";
import type { InstanceId } from "../domain/ids.ts";
import { LEADER_HOOK_POINTS } from "../domain/hook.ts";

/** Whether a Leader's term is over with an event: it has left, or somebody else leads. */
export function isEndOfTerm(event: JournalEvent, self: InstanceId): boolean {
  if (event.type === "leader_left") return event.by === self;
  return event.type === "leader_elected" && event.by !== self;
}

/**
 * Id of the event behind which a Leader that was just elected runs hooks. One that left in order runs those
 * of its own term to their end, and what came after it is the successor's. Of one that was killed, the
 * successor runs what nothing was told of: a hook that was running then runs again.
 */
export function takenUpAfter(events: readonly JournalEvent[], self: InstanceId): string {
  const own = events.findLastIndex(({ type, by }) => type === "leader_elected" && by === self);
  const before = own === -1 ? events : events.slice(0, own);
  const former = before.findLast(({ type }) => type === "leader_left" || type === "leader_elected");
  const told = before.flatMap((event) => toldOf(event) ?? []).sort().at(-1) ?? "";
  if (former !== undefined) return former.id > told ? former.id : told;
  return told !== "" ? told : events[own]?.id ?? events.at(-1)?.id ?? "";
}

/** The event whose hook a Leader has told of. */
function toldOf({ type, data }: JournalEvent): string | null {
  if (type !== "hook_ran") return null;
  const isLeaders = LEADER_HOOK_POINTS.some((point) => point === data?.["point"]);
  const id = data?.["event_id"];
  return isLeaders && typeof id === "string" ? id : null;
}
