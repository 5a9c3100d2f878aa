/**
 * What may be said of a failed operation: the server refused it, it was never sent, or nobody knows
 * (the reply was lost, so it may have been carried out).
 */
export type Outcome = "refused" | "not_sent" | "unknown";

/** Names of the errors, those of the server after its own `KeeperException.Code`. */
export type ZooKeeperErrorCode =
  | "RUNTIME_INCONSISTENCY"
  | "MARSHALLING_ERROR"
  | "UNIMPLEMENTED"
  | "BAD_ARGUMENTS"
  | "NO_NODE"
  | "NO_AUTH"
  | "BAD_VERSION"
  | "NO_CHILDREN_FOR_EPHEMERALS"
  | "NODE_EXISTS"
  | "NOT_EMPTY"
  | "SESSION_EXPIRED"
  | "INVALID_CALLBACK"
  | "INVALID_ACL"
  | "AUTH_FAILED"
  | "SESSION_MOVED"
  | "NOT_READ_ONLY"
  | "NO_WATCHER"
  | "QUOTA_EXCEEDED"
  | "SYSTEM_ERROR"
  | "UNKNOWN_ERROR"
  | "CONNECTION_LOSS"
  | "OPERATION_TIMEOUT"
  | "CONNECT_TIMEOUT"
  | "PACKET_TOO_LARGE"
  | "INVALID_PATH"
  | "CLOSED";

/** An operation, or the session, failed. */
export class ZooKeeperError extends Error {
  /** `ZooKeeperError`, or `MultiError` for that subclass. */
  override readonly name: string = "ZooKeeperError";
  /** What to match on; the message is for people. */
  readonly code: ZooKeeperErrorCode;
  /** Whether what was asked may have been done all the same. */
  readonly outcome: Outcome;
  /** The node that the operation was about; undefined where it was about none, or about several. */
  readonly path: string | undefined;

  /** `cause` is the error that it follows from, such as that of a socket. */
  constructor(
    code: ZooKeeperErrorCode,
    message: string,
    options: { outcome: Outcome; path?: string | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.outcome = options.outcome;
    this.path = options.path;
  }
}

/** A `multi` was refused as a whole: nothing of it was carried out. */
export class MultiError extends ZooKeeperError {
  /** Always `MultiError`. */
  override readonly name: string = "MultiError";
  /** Index of the operation that failed. */
  readonly index: number;

  /** Of the operation at `index`; its outcome is always `refused`. */
  constructor(code: ZooKeeperErrorCode, index: number, path: string | undefined) {
    super(code, `Operation ${index} of the transaction failed: ${code} at ${path ?? "?"}`, {
      outcome: "refused",
      path,
    });
    this.index = index;
  }
}

/** Whether an error is a ZooKeeper error with one of the given codes. */
export function isZooKeeperError(
  error: unknown,
  ...codes: ZooKeeperErrorCode[]
): error is ZooKeeperError {
  return error instanceof ZooKeeperError && (codes.length === 0 || codes.includes(error.code));
}
