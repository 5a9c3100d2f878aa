// Words that help and completion offer. The same as in src/domain (a test compares them), but held
// apart from the schemas there, so that help loads no schema library.

export const KNOWN_LINKS = ["plan", "build", "verify", "review", "accept"] as const;

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

export const TASK_STATES = [
  "pending",
  "claimed",
  "in_progress",
  "completed",
  "blocked",
  "failed",
  "cancelled",
] as const;
