// Words of the domain, apart from the schemas made of them, so that help and completion offer them
// without loading a schema library.

/** Links of a chain, in their order. */
export const KNOWN_LINKS = ["plan", "build", "verify", "review", "accept"] as const;

/** Roles that the product knows; any other of the right form works too. */
export const KNOWN_ROLES = [
  "leader",
  "planner",
  "builder",
  "verifier",
  "reviewer",
  "accepter",
  "architect",
  "developer",
  "tester",
  "general",
] as const;

/** Agents that can be chosen: Claude Code, whatever command is configured, or a rehearsal of one. */
export const AGENTS = ["claude", "command", "rehearsal"] as const;
export type AgentKind = (typeof AGENTS)[number];

/** States of a task. */
export const TASK_STATES = [
  "pending",
  "claimed",
  "in_progress",
  "completed",
  "blocked",
  "failed",
  "cancelled",
] as const;

/** States of a chain: at work, waiting for help, and how it ended. */
export const CHAIN_STATES = ["open", "waiting", "completed", "failed", "cancelled"] as const;

/** States of a requirement: not looked at yet, answered, its chains at work, and how it ended. */
export const REQUIREMENT_STATES = [
  "submitted",
  "planned",
  "open",
  "completed",
  "failed",
  "cancelled",
] as const;
