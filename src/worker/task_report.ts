import type { AgentRun } from "../agent/agent_request.ts";
import type { NewMessage } from "../coordination/inbox.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { Message } from "../domain/message.ts";
import { MAX_RESULT_BYTES } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import type { Spent } from "../domain/spent.ts";
import type { Task } from "../domain/task.ts";
import { truncateUtf8, utf8Bytes } from "../domain/text.ts";
import type { WorkerIdentity } from "./context.ts";
import type { RunFiles } from "./log_key.ts";

/** Bytes of a result's limit that are left to its evidence, and of one value in it. */
const MAX_EVIDENCE_BYTES = 16 * 1024;
const MAX_VALUE_BYTES = 1024;
/** UTF-16 units of the end that is kept of a long answer: its report stands there. */
const KEPT_END = 32 * 1024;

/** What the check of a task, run after its agent, came to. */
export interface Check {
  readonly command: string;
  readonly passed: boolean;
  /** The end of what it printed. */
  readonly output: string;
}

/** All that is told of one run. */
export interface RunAccount {
  readonly run: AgentRun;
  /** USD, of all runs of this attempt; null where the agent did not say. */
  readonly costUsd: number | null;
  /** What all runs of this attempt have cost, as budgets count it. */
  readonly spent: Spent;
  readonly report: Report | null;
  readonly check: Check | null;
  readonly changes: string | null;
  /** Where what was changed is kept: facts for the evidence. */
  readonly kept: Readonly<Record<string, string>>;
  readonly files: RunFiles;
}

/** Facts of a run, in the fields of a report's `data`; fields are added, never renamed. */
export function reportData(account: RunAccount): Record<string, unknown> {
  const { run, report, check, files } = account;
  return {
    v: 1,
    outcome: run.outcome.kind,
    verdict: report?.verdict ?? null,
    redo: report?.redo ?? null,
    fields: report?.fields ?? {},
    missing: report?.missing ?? [],
    cost_usd: account.costUsd,
    usage: run.usage,
    num_turns: run.numTurns,
    duration_ms: Math.round(run.durationMs),
    session_id: run.sessionId,
    diffstat: account.changes,
    commit: account.kept["commit"] ?? null,
    branch: account.kept["branch"] ?? null,
    verify: check === null ? null : { command: check.command, passed: check.passed },
    denied: run.denied,
    log_path: files.log,
    result_path: files.result,
  };
}

/**
 * What a completed task keeps as its evidence: what somebody who judges it has to know besides the
 * answer itself. A value that is too long is cut; one that there is not is left out.
 */
export function evidenceOf(account: RunAccount): Record<string, string> {
  const { run, report, check, files } = account;
  const facts: Record<string, string | null> = {
    verdict: report?.verdict ?? null,
    redo: report?.redo ?? null,
    missing: report?.missing.join(", ") ?? null,
    verify: check === null ? null : `${check.passed ? "passed" : "failed"}: ${check.command}`,
    verify_log: check === null ? null : files.verifyLog,
    diffstat: account.changes,
    ...account.kept,
    denied: run.denied.map(({ tool, target }) => `${tool}(${target})`).join(", "),
    log: files.log,
    result_path: files.result,
    session_id: run.sessionId,
    cost_usd: account.costUsd === null ? null : account.costUsd.toFixed(6),
    num_turns: run.numTurns === null ? null : String(run.numTurns),
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) =>
      value === null || value === "" ? [] : [[name, truncateUtf8(value, MAX_VALUE_BYTES)]]
    ),
  );
}

/**
 * An answer as it fits into a task's result. One that is too long loses its middle, not its end, where
 * the report is; the whole of it is in the result file.
 */
export function resultOf(answer: string): string {
  const max = MAX_RESULT_BYTES - MAX_EVIDENCE_BYTES;
  if (utf8Bytes(answer) <= max) return answer;
  const end = answer.slice(-KEPT_END).replace(/^[\udc00-\udfff]/, "");
  const gap = "\n\n[… the middle is left out here …]\n\n";
  return truncateUtf8(answer, max - utf8Bytes(gap) - utf8Bytes(end)) + gap + end;
}

/** The message that tells the Leader how a task's run ended; `task` as it is afterwards. */
export function taskReport(
  leader: InstanceId,
  identity: WorkerIdentity,
  task: Task,
  reason: string | null,
  account: RunAccount,
): NewMessage {
  const summary = reason ?? account.report?.fields["summary"] ?? firstLine(account.run.text);
  return {
    type: "report",
    to: [leader],
    from: { id: identity.id, name: identity.name, role: identity.role },
    content: `${task.id} ${task.status}: ${summary}`,
    task_id: task.id,
    chain_id: task.chain_id,
    link: task.link,
    result_path: account.files.result,
    data: { ...reportData(account), status: task.status, retry_count: task.retry_count },
  };
}

/** The answer to a message; a report, so that no Worker runs it in turn. */
export function messageReply(
  to: readonly InstanceId[],
  identity: WorkerIdentity,
  message: Message,
  answer: string,
  account: RunAccount,
): NewMessage {
  return {
    type: "report",
    to,
    from: { id: identity.id, name: identity.name, role: identity.role },
    content: answer,
    reply_to: message.id,
    task_id: message.task_id,
    chain_id: message.chain_id,
    link: message.link,
    result_path: account.files.result,
    data: reportData(account),
    spent: account.spent,
  };
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "")?.trim() ?? "no answer";
}
