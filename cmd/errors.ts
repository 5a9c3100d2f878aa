import { terminalText } from "../src/agent/terminal_text.ts";
import { type ErrorCode, type ErrorKind, kindOf, OrchestratorError } from "../src/domain/errors.ts";
import { ZooKeeperError, type ZooKeeperErrorCode } from "../src/zookeeper/errors.ts";
import { terminalSafeJson } from "./cli/safe_json.ts";

/** Exit status of each kind of error; 0 is success. Documented in docs/json.md. */
export const EXIT_STATUS: Readonly<Record<ErrorKind, number>> = {
  failure: 1,
  usage: 2,
  not_found: 3,
  conflict: 4,
  unreachable: 5,
  forbidden: 6,
  timeout: 124,
  interrupted: 130,
};

/** What is printed of an error: never a stack trace, always a code that scripts can match. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly [detail: string]: unknown;
}

/** The one place where any error becomes a code, a hint and an exit status. */
export function reportOf(error: unknown): { report: ErrorReport; exitStatus: number } {
  const known = toOrchestratorError(error);
  const report = {
    ...known.details,
    code: known.code,
    message: terminalText(known.message),
    ...(known.hint === undefined ? {} : { hint: terminalText(known.hint) }),
  };
  const { code, message, ...rest } = report;
  return { report: { code, message, ...rest }, exitStatus: EXIT_STATUS[kindOf(known.code)] };
}

/** `{"error": …}` in one line, as it goes to stderr. */
export function errorLine(report: ErrorReport): string {
  return `${terminalSafeJson(JSON.stringify({ error: report }))}\n`;
}

function toOrchestratorError(error: unknown): OrchestratorError {
  if (error instanceof OrchestratorError) return error;
  if (error instanceof ZooKeeperError) return fromZooKeeper(error);
  const issues = issuesOf(error);
  if (issues) return fromIssues(issues, error);
  return fromSystem(error);
}

interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

const LOST = "Check that ZooKeeper is up and that its name or address is right, then try again";

const ZOOKEEPER: Partial<Record<ZooKeeperErrorCode, Meaning>> = {
  CONNECT_TIMEOUT: {
    code: "ZOOKEEPER_UNREACHABLE",
    message: "Cannot reach ZooKeeper",
    hint: `${LOST}; "claude-orchestrator doctor" says more. On one machine, ` +
      `"claude-orchestrator coordinator start" is all it takes`,
  },
  CONNECTION_LOSS: {
    code: "CONNECTION_LOST",
    message: "Lost the connection to ZooKeeper",
    hint: LOST,
  },
  OPERATION_TIMEOUT: { code: "CONNECTION_LOST", message: "ZooKeeper does not answer", hint: LOST },
  SESSION_MOVED: {
    code: "CONNECTION_LOST",
    message: "The session moved to another server",
    hint: LOST,
  },
  CLOSED: { code: "CONNECTION_LOST", message: "The session with ZooKeeper was closed", hint: LOST },
  SESSION_EXPIRED: {
    code: "SESSION_EXPIRED",
    message: "The session with ZooKeeper has expired",
    hint: LOST,
  },
  AUTH_FAILED: {
    code: "AUTH_FAILED",
    message: "ZooKeeper refused the credentials",
    hint: 'Check zookeeper.auth: "claude-orchestrator config" shows where it comes from',
  },
  NO_AUTH: {
    code: "NOT_ALLOWED",
    message: "ZooKeeper does not let this identity do that",
    hint: "The tree belongs to other credentials: set zookeeper.auth as the team has it",
  },
  QUOTA_EXCEEDED: {
    code: "DISK_FULL",
    message: "The server takes no writes",
    hint: "Free some space where it keeps its data; what is there can be read meanwhile",
  },
  PACKET_TOO_LARGE: {
    code: "TOO_LARGE",
    message: "Too large for one request to ZooKeeper",
    hint: "Put long texts into a file, and name the file",
  },
  UNIMPLEMENTED: {
    code: "INTERNAL",
    message: "This ZooKeeper does not know the request",
    hint: "ZooKeeper 3.6 or later is needed",
  },
};

function fromZooKeeper(error: ZooKeeperError): OrchestratorError {
  const meaning = ZOOKEEPER[error.code];
  const maybeDone = error.outcome === "unknown"
    ? "The change may have been made: look before repeating it"
    : undefined;
  return new OrchestratorError(
    meaning?.code ?? "INTERNAL",
    meaning ? `${meaning.message}: ${error.message}` : error.message,
    {
      hint: [meaning?.hint, maybeDone].filter((hint) => hint !== undefined).join(". ") ||
        "This should not happen: please report it, with the command",
      details: {
        zookeeper_code: error.code,
        outcome: error.outcome,
        ...(error.path === undefined ? {} : { path: error.path }),
      },
      cause: error,
    },
  );
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

/** The issues of a schema's error; known by its form, so that no schema library is loaded for it. */
function issuesOf(error: unknown): readonly Issue[] | undefined {
  if (!(error instanceof Error) || !("issues" in error) || !Array.isArray(error.issues)) {
    return undefined;
  }
  return error.issues as Issue[];
}

function fromIssues(issues: readonly Issue[], cause: unknown): OrchestratorError {
  const said = issues.map(({ path, message }) =>
    path.length > 0 ? `${path.map(String).join(".")} ${message}` : message
  );
  return new OrchestratorError("INVALID_INPUT", said.join("; "), {
    details: { issues: issues.map(({ path, message }) => ({ path: path.map(String), message })) },
    cause,
  });
}

const SYSTEM: Readonly<Record<string, { code: ErrorCode; hint: string }>> = {
  EACCES: { code: "PERMISSION_DENIED", hint: "Check the owner and the permissions of the file" },
  EPERM: { code: "PERMISSION_DENIED", hint: "Check the owner and the permissions of the file" },
  EROFS: { code: "PERMISSION_DENIED", hint: "The file system is read-only" },
  ENOSPC: { code: "DISK_FULL", hint: "Free some space" },
  EDQUOT: { code: "DISK_FULL", hint: "Free some space" },
  EADDRINUSE: {
    code: "ADDRESS_IN_USE",
    hint: "Stop what listens there, or choose another port with --port or coordinator.port",
  },
  EIO: { code: "IO_FAILED", hint: "Check the device, or whether the terminal is still there" },
  ENOENT: { code: "IO_FAILED", hint: "Check the path" },
  EISDIR: { code: "IO_FAILED", hint: "It is a directory" },
};

function fromSystem(error: unknown): OrchestratorError {
  const message = error instanceof Error ? error.message : String(error);
  const system = error instanceof Error && "code" in error ? String(error.code) : "";
  const meaning = SYSTEM[system];
  if (meaning) {
    return new OrchestratorError(meaning.code, message, {
      hint: meaning.hint,
      details: { system_code: system },
      cause: error,
    });
  }
  return new OrchestratorError("INTERNAL", message, {
    hint: "This should not happen: please report it, with the command",
    cause: error,
  });
}
