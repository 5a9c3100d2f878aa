import type { Outcome, ZooKeeperErrorCode } from "../errors.ts";

interface ServerError {
  readonly code: ZooKeeperErrorCode;
  /** How it reads behind "Cannot … : ". */
  readonly text: string;
  readonly outcome: Outcome;
}

/**
 * `KeeperException.Code` of ZooKeeper 3.8. "Unknown" where the server itself cannot tell whether
 * the operation was, or will be, carried out.
 */
const ERRORS: ReadonlyMap<number, ServerError> = new Map([
  entry(-1, "SYSTEM_ERROR", "the server failed", "unknown"),
  entry(-2, "RUNTIME_INCONSISTENCY", "another operation of the transaction failed"),
  entry(-4, "CONNECTION_LOSS", "the server lost its connection", "unknown"),
  entry(-5, "MARSHALLING_ERROR", "the server could not read the request"),
  entry(-6, "UNIMPLEMENTED", "the server does not know this operation"),
  entry(-7, "OPERATION_TIMEOUT", "the server ran out of time", "unknown"),
  entry(-8, "BAD_ARGUMENTS", "the server refused the arguments"),
  entry(-101, "NO_NODE", "no such node"),
  entry(-102, "NO_AUTH", "not allowed"),
  entry(-103, "BAD_VERSION", "it has another version"),
  entry(-108, "NO_CHILDREN_FOR_EPHEMERALS", "an ephemeral node cannot have children"),
  entry(-110, "NODE_EXISTS", "it already exists"),
  entry(-111, "NOT_EMPTY", "it has children"),
  entry(-112, "SESSION_EXPIRED", "the session has expired"),
  entry(-113, "INVALID_CALLBACK", "invalid callback"),
  entry(-114, "INVALID_ACL", "the ACL is not valid"),
  entry(-115, "AUTH_FAILED", "authentication was refused"),
  entry(-118, "SESSION_MOVED", "the session has moved to another server"),
  entry(-119, "NOT_READ_ONLY", "the server takes reads only"),
  entry(-121, "NO_WATCHER", "no such watch"),
  entry(-122, "OPERATION_TIMEOUT", "the server ran out of time", "unknown"),
  entry(-125, "QUOTA_EXCEEDED", "the server has no room for it"),
]);

const NUMBERS = new Map([...ERRORS].reverse().map(([number, { code }]) => [code, number]));

function entry(
  number: number,
  code: ZooKeeperErrorCode,
  text: string,
  outcome: Outcome = "refused",
): [number, ServerError] {
  return [number, { code, text, outcome }];
}

/** What an error number in a reply means. */
export function serverError(number: number): ServerError {
  return ERRORS.get(number) ??
    { code: "UNKNOWN_ERROR", text: `the server answered ${number}`, outcome: "refused" };
}

/** The number for a code; -1 (system error) for those that servers do not use. */
export function errorNumber(code: ZooKeeperErrorCode): number {
  return NUMBERS.get(code) ?? -1;
}
