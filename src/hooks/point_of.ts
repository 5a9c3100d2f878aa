import type { EventType, JournalEvent } from "../domain/event.ts";
import { type HookPoint, LEADER_HOOK_POINTS, WORKER_HOOK_POINTS } from "../domain/hook.ts";
import type { InstanceId } from "../domain/ids.ts";

/** As whom hooks are run: a Worker, for what it does and is sent, or the Leader, for the team. */
export type Place = "worker" | "leader";

/** The points whose hooks a place runs. */
export const POINTS_OF: Readonly<Record<Place, readonly HookPoint[]>> = {
  worker: WORKER_HOOK_POINTS,
  leader: LEADER_HOOK_POINTS,
};

const POINT_OF_TYPE: { readonly [T in EventType]?: HookPoint } = {
  task_claimed: "task_claimed",
  task_started: "task_started",
  task_completed: "task_completed",
  task_failed: "task_failed",
  task_blocked: "task_blocked",
  message_sent: "message_received",
  chain_opened: "chain_opened",
  chain_completed: "chain_completed",
  chain_failed: "chain_failed",
  chain_cancelled: "chain_cancelled",
  decision_stored: "decision_made",
  fleet_paused: "fleet_paused",
  fleet_resumed: "fleet_resumed",
};

/**
 * The point at which a member, as a Worker or as the Leader, runs a hook for an event; null where it is
 * none of its business. A Worker's are those of its own steps, and of messages that it is sent.
 */
export function pointOf(event: JournalEvent, place: Place, member: InstanceId): HookPoint | null {
  const point = POINT_OF_TYPE[event.type];
  if (point === undefined || !POINTS_OF[place].includes(point)) return null;
  if (place === "leader") return point;
  return isConcerned(event, point, member) ? point : null;
}

function isConcerned(event: JournalEvent, point: HookPoint, member: InstanceId): boolean {
  if (point !== "message_received") return event.by === member;
  const to = event.data?.["to"];
  return Array.isArray(to) && to.includes(member);
}
