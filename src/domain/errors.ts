/**
 * Every way in which the product refuses or fails, by the kind that decides the exit status.
 * A code is part of the contract: scripts match on it, so codes are added, never renamed.
 */
export const ERROR_KINDS = {
  usage: [
    "USAGE",
    "INVALID_INPUT",
    "INVALID_CONFIG",
    "INVALID_TEMPLATE",
    "TOO_LARGE",
    "DEPENDENCY_CYCLE",
    "IDENTITY_MISSING",
    "UNSUITABLE_REPOSITORY",
  ],
  not_found: [
    "TASK_NOT_FOUND",
    "NOTHING_TO_CLAIM",
    "MESSAGE_NOT_FOUND",
    "MEMBER_NOT_FOUND",
    "MEMBER_AMBIGUOUS",
    "CONTEXT_NOT_FOUND",
    "DEPENDENCY_NOT_FOUND",
    "LOG_NOT_FOUND",
    "CHAIN_NOT_FOUND",
    "REQUIREMENT_NOT_FOUND",
    "TREE_NOT_FOUND",
  ],
  conflict: [
    "NOT_OWNER",
    "CLAIM_LOST",
    "NOT_CLAIMABLE",
    "INVALID_TRANSITION",
    "RETRIES_EXHAUSTED",
    "DEPENDENCY_FAILED",
    "VERSION_MISMATCH",
    "INBOX_FULL",
    "MEMBER_EXISTS",
    "CONTENTION",
    "FLEET_PAUSED",
    "BUDGET_SPENT",
    "LEADER_EXISTS",
    "DEPOSED",
    "TREE_EXISTS",
    "COORDINATOR_RUNNING",
    "ADDRESS_IN_USE",
    "REPOSITORY_BUSY",
    "TREE_DIRTY",
    "WORKTREE_TAKEN",
  ],
  unreachable: ["ZOOKEEPER_UNREACHABLE", "CONNECTION_LOST", "SESSION_EXPIRED"],
  forbidden: ["NOT_ALLOWED", "AUTH_FAILED", "PERMISSION_DENIED"],
  timeout: ["TIMED_OUT"],
  interrupted: ["INTERRUPTED"],
  failure: [
    "CORRUPT_DATA",
    "DISK_FULL",
    "AGENT_NOT_FOUND",
    "UNHEALTHY",
    "IO_FAILED",
    "INTERNAL",
    "REQUIREMENT_FAILED",
    "GIT_NOT_FOUND",
    "GIT_FAILED",
  ],
} as const;

/** What decides the exit status of a command (docs/json.md has the table). */
export type ErrorKind = keyof typeof ERROR_KINDS;
/** One way to fail; what scripts match on. */
export type ErrorCode = (typeof ERROR_KINDS)[ErrorKind][number];

/** Facts that belong to an error and are printed with it: ids, limits, candidates. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The one error that the product throws on purpose. `message` is one sentence, sentence case, no
 * period, values quoted (`Cannot claim "task-0000000012": it is held by Jerry`); `hint` says what to
 * do about it.
 */
export class OrchestratorError extends Error {
  /**
   * Always this text: it is known by it where `instanceof` does not hold, as between two copies of
   * the library.
   */
  override readonly name = "OrchestratorError";
  /** Which of the ways to fail it is. */
  readonly code: ErrorCode;
  /** What to do about it, for people; undefined where nothing can be said. */
  readonly hint: string | undefined;
  /** Facts by name, printed beside `code`; empty where there are none. */
  readonly details: ErrorDetails;

  /** `cause` is the error that it follows from; it is not printed. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** The kind that a code belongs to. */
export function kindOf(code: ErrorCode): ErrorKind {
  const kinds = Object.keys(ERROR_KINDS) as ErrorKind[];
  return kinds.find((kind) => (ERROR_KINDS[kind] as readonly string[]).includes(code)) ?? "failure";
}
