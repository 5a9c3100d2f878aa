import type { ResultEvent } from "./event_stream.ts";
import { isCapacity, resetTime } from "./reset_time.ts";
import type { RunDigest } from "./run_digest.ts";
import { allTokens } from "./usage.ts";

/** Why the runner ended an agent itself. */
export type KillReason = "stall" | "total" | "tokens" | "aborted" | "lingered";

/** How a process ended: its own status, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One denied tool call, such as `Bash` with `rm -rf build`. */
export interface DeniedTool {
  readonly tool: string;
  /** What it was to be used on, cut to one line. */
  readonly target: string;
}

/** How one run of an agent ended. `reason` is one sentence for people. */
export type Outcome =
  | { readonly kind: "ok" }
  /** Tools were denied, and it did nothing else: Claude Code calls this a success. */
  | { readonly kind: "nothing_done"; readonly denied: readonly DeniedTool[] }
  /** The plan is spent; `until` in ms since 1970, null where nobody says. */
  | { readonly kind: "rate_limited"; readonly until: number | null; readonly reason: string }
  /** The provider is short of capacity: nobody's limit. */
  | { readonly kind: "overloaded"; readonly reason: string }
  | { readonly kind: "not_logged_in"; readonly reason: string }
  | { readonly kind: "out_of_credit"; readonly reason: string }
  | { readonly kind: "budget_spent"; readonly reason: string }
  | { readonly kind: "turns_spent"; readonly reason: string }
  | { readonly kind: "aborted" }
  | { readonly kind: "timed_out"; readonly limit: "stall" | "total" }
  /** The conversation to be resumed is not on this machine. */
  | { readonly kind: "no_such_session"; readonly reason: string }
  /** A schema was asked for, and the answer does not come in it. */
  | { readonly kind: "no_structured_output" }
  /** It ended without saying how. */
  | { readonly kind: "no_result"; readonly reason: string }
  | { readonly kind: "version_printed"; readonly reason: string }
  | { readonly kind: "no_such_command"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };
export type OutcomeKind = Outcome["kind"];

/** All that is known of a run when it is over. */
export interface RunFacts {
  readonly kind: "claude" | "plain";
  readonly digest: RunDigest;
  readonly exit: Exit;
  readonly killedBy: KillReason | null;
  /** Why it could not be started at all. */
  readonly startError: { readonly code: string; readonly message: string } | null;
  /** Last lines of standard error (for plain agents: of both streams). */
  readonly tail: string;
  /**
   * Whether the run was to change something, or to answer: one that was to change something and was
   * denied every tool that could is `nothing_done`, however much it has read.
   */
  readonly expects: "changes" | "answer";
  readonly schemaAsked: boolean;
  /** ms since 1970, for reset times that name an hour only. */
  readonly now: number;
}

/** Judges a run by its result event first; exit status and `subtype` alone say too little. */
export function judge(facts: RunFacts): Outcome {
  if (facts.startError !== null) return notStarted(facts.startError);
  const { result } = facts.digest;
  const finished = result !== null && !result.is_error;
  if (!finished && facts.killedBy === "aborted") return { kind: "aborted" };
  if (!finished && (facts.killedBy === "stall" || facts.killedBy === "total")) {
    return { kind: "timed_out", limit: facts.killedBy };
  }
  if (!finished && facts.killedBy === "tokens") return tokensSpent(facts.digest);
  if (facts.kind === "plain") return judgePlain(facts);
  if (result === null) return withoutResult(facts);
  return result.is_error ? judgeError(result, facts) : judgeSuccess(result, facts);
}

function notStarted(error: { code: string; message: string }): Outcome {
  const missing = error.code === "ENOENT" || error.code === "EACCES" || error.code === "ENOTDIR";
  return { kind: missing ? "no_such_command" : "failed", reason: error.message };
}

function tokensSpent({ usage }: RunDigest): Outcome {
  const used = usage === null ? 0 : allTokens(usage);
  return { kind: "budget_spent", reason: `It had used ${used} tokens, and was stopped` };
}

function judgePlain({ exit, tail }: RunFacts): Outcome {
  if (exit.code === 0) return { kind: "ok" };
  return { kind: "failed", reason: withTail(describeExit(exit), tail) };
}

function withoutResult({ digest, exit, tail, now }: RunFacts): Outcome {
  const said = [digest.firstLine ?? "", digest.lastError?.text ?? "", tail].join("\n").trim();
  if (/^\d+\.\d+\.\d+\S* \(Claude Code\)$/m.test(said)) {
    return { kind: "version_printed", reason: `It printed its version (${said}) and ran nothing` };
  }
  const known = fromText(said, digest, now);
  if (known !== null) return known;
  const reason = withTail(`${describeExit(exit)} without a result`, said);
  return exit.code !== 0 && exit.code !== null && said !== ""
    ? { kind: "failed", reason }
    : { kind: "no_result", reason };
}

function judgeSuccess(result: ResultEvent, facts: RunFacts): Outcome {
  const done = facts.expects === "changes" ? facts.digest.changed : facts.digest.succeeded;
  if (result.permission_denials.length > 0 && done === 0) {
    return { kind: "nothing_done", denied: deniedTools(result) };
  }
  if (facts.schemaAsked && result.structured_output === undefined) {
    return { kind: "no_structured_output" };
  }
  return { kind: "ok" };
}

function judgeError(result: ResultEvent, { digest, now }: RunFacts): Outcome {
  const said = result.result ?? result.errors?.join("; ") ?? digest.lastError?.text ?? "";
  const reason = said === "" ? `It ended with ${result.subtype}` : said;
  if (result.subtype === "error_max_turns") return { kind: "turns_spent", reason };
  if (result.subtype === "error_max_budget_usd" || result.terminal_reason === "budget_exhausted") {
    return { kind: "budget_spent", reason };
  }
  if (/^aborted/.test(result.terminal_reason ?? "")) return { kind: "aborted" };
  const status = result.api_error_status ?? digest.lastError?.status;
  const error = digest.lastError?.error;
  if (isCapacity(said) || status === 529 || status === 503) return { kind: "overloaded", reason };
  if (status === 429) return rateLimited(reason, digest, now);
  if (status === 401 || (status === 403 && error === "authentication_failed")) {
    return { kind: "not_logged_in", reason };
  }
  return fromText(said, digest, now) ?? { kind: "failed", reason };
}

/** What only the wording tells: older versions, and failures before the first request. */
function fromText(text: string, digest: RunDigest, now: number): Outcome | null {
  const reason = text.split("\n").find((line) => line.trim() !== "")?.trim() ?? "";
  if (isCapacity(text)) return { kind: "overloaded", reason };
  if (/No conversation found|--resume requires a valid session/.test(text)) {
    return { kind: "no_such_session", reason };
  }
  if (/hit your .*limit|usage limit reached/i.test(text)) return rateLimited(reason, digest, now);
  if (/Not logged in|Invalid API key|Please run \/login/i.test(text)) {
    return { kind: "not_logged_in", reason };
  }
  if (/credit balance is too low/i.test(text)) return { kind: "out_of_credit", reason };
  return null;
}

function rateLimited(reason: string, digest: RunDigest, now: number): Outcome {
  return {
    kind: "rate_limited",
    until: digest.rateLimit?.resetsAt ?? resetTime(reason, now),
    reason,
  };
}

/** The denied calls of a run, each tool and target once. */
export function deniedTools(result: ResultEvent): DeniedTool[] {
  const denied = result.permission_denials.map(({ tool_name, tool_input }): DeniedTool => {
    const target = tool_input["command"] ?? tool_input["file_path"] ?? tool_input["url"] ?? "";
    const line = String(target).replace(/\s+/g, " ").trim();
    return { tool: tool_name, target: line.length > 120 ? `${line.slice(0, 119)}…` : line };
  });
  const seen = new Map(denied.map((each) => [`${each.tool} ${each.target}`, each]));
  return [...seen.values()];
}

function describeExit(exit: Exit): string {
  return exit.signal === null ? `It exited with ${exit.code}` : `It was ended by ${exit.signal}`;
}

function withTail(sentence: string, tail: string): string {
  const text = tail.trim();
  return text === "" ? sentence : `${sentence}: ${text}`;
}
