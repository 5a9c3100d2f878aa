/** Points of the work at which a Worker runs a command of its user's: what it does itself, or is sent. */
export const WORKER_HOOK_POINTS = [
  "task_claimed",
  "task_started",
  "task_completed",
  "task_failed",
  "task_blocked",
  "message_received",
] as const;

/** Points at which the Leader that acts does so, once for the whole team. */
export const LEADER_HOOK_POINTS = [
  "chain_opened",
  "chain_completed",
  "chain_failed",
  "chain_cancelled",
  "decision_made",
  "fleet_paused",
  "fleet_resumed",
] as const;

export const HOOK_POINTS = [...WORKER_HOOK_POINTS, ...LEADER_HOOK_POINTS] as const;

/** A point at which a command can be run. Points are added, never renamed. */
export type HookPoint = (typeof HOOK_POINTS)[number];

/** How the command of a point ended. */
export type HookOutcome =
  | "ok"
  /** An exit status other than 0, or a signal. */
  | "failed"
  /** It ran for longer than it may. */
  | "timed_out"
  /** It could not be started. */
  | "not_started"
  /** Ended with whoever ran it. */
  | "stopped"
  /** Never begun: too many others of its point were waiting. */
  | "dropped";
