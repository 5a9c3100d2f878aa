import type { AgentRequest, AgentRun } from "../agent/agent_request.ts";
import { INSTANCE_VARIABLE } from "../agent/orphans.ts";
import type { RunAttributes } from "../agent/resource_attributes.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import { splitCommand } from "../domain/command_line.ts";
import type { ChainId, FencingToken, TaskId } from "../domain/ids.ts";
import type { Link } from "../domain/task.ts";
import type { Budget } from "./allowance.ts";
import type { WorkerContext } from "./context.ts";
import type { RunFiles } from "./log_key.ts";
import { docDirectory } from "./prompt.ts";
import type { Check } from "./task_report.ts";

/** How much of the output of a failed check becomes part of the reason. */
const MAX_CHECK_OUTPUT = 4000;

/** What an agent's own commands act on. */
export interface Subject {
  readonly taskId: TaskId | null;
  readonly chainId: ChainId | null;
  readonly token: FencingToken | null;
  readonly link: Link | null;
  /** Which run of its task this is, from 1; null for a message. */
  readonly attempt: number | null;
}

/** How an agent is run. */
export interface RunHow extends Pick<AgentRequest, "expects" | "resume" | "onUsage"> {
  readonly budget: Budget;
  readonly signal: AbortSignal;
}

/** Runs the configured agent once, for a task or for a message. */
export async function runOnce(
  context: WorkerContext,
  prompt: string,
  files: RunFiles,
  subject: Subject,
  { budget, ...how }: RunHow,
): Promise<AgentRun> {
  const { settings, identity, workshop } = context;
  const { maxTurns } = settings;
  const { budgetUsd, budgetTokens } = budget;
  const run = await workshop.run({
    command: settings.command,
    prompt,
    cwd: identity.workDir,
    env: agentEnvironment(context, subject),
    attributes: attributesOf(context, subject),
    logPath: files.log,
    limits: settings.limits,
    options: {
      directories: [docDirectory(settings.cacheDir)],
      ...(maxTurns === undefined ? {} : { maxTurns }),
      ...(budgetUsd === undefined ? {} : { budgetUsd }),
    },
    budgetTokens,
    onOutput: context.show,
    ...how,
  });
  writeFile(context, files.result, run.text);
  return run;
}

/** By these the commands that an agent runs act as its Worker, on the claim that it works under. */
function agentEnvironment(context: WorkerContext, subject: Subject): Record<string, string> {
  const named: Record<string, string | null> = {
    [INSTANCE_VARIABLE]: context.identity.id,
    CLAUDE_ORCHESTRATOR_TASK_ID: subject.taskId,
    CLAUDE_ORCHESTRATOR_CHAIN_ID: subject.chainId,
    CLAUDE_ORCHESTRATOR_CLAIM_TOKEN: subject.token === null ? null : String(subject.token),
    CLAUDE_ORCHESTRATOR_LINK: subject.link,
    CLAUDE_ORCHESTRATOR_ATTEMPT: subject.attempt === null ? null : String(subject.attempt),
  };
  const given = Object.entries(named).map(([name, value]) => [name, value ?? ""]);
  return { ...context.settings.env, ...Object.fromEntries(given) };
}

/** What the agent's telemetry says it works on. */
function attributesOf({ identity, settings }: WorkerContext, subject: Subject): RunAttributes {
  return {
    root: settings.env["ZK_ROOT_PATH"],
    member_id: identity.id,
    member_name: identity.name,
    member_role: identity.role,
    task_id: subject.taskId,
    chain_id: subject.chainId,
    link: subject.link,
    attempt: subject.attempt,
  };
}

/**
 * Runs a task's own check, in the work directory and with the agent's environment. The command comes
 * from whoever may push tasks, who can have an agent run anything anyway; still it is split into words
 * and no shell sees it: who wants a shell writes `sh -c '…'`.
 */
export async function runCheck(
  context: WorkerContext,
  command: string,
  files: RunFiles,
  subject: Subject,
  signal: AbortSignal,
): Promise<Check> {
  const split = splitCommand(command);
  if (!split.ok || split.words.length === 0) {
    const problem = split.ok ? "it is empty" : split.problem;
    return { command, passed: false, output: `Cannot run the check: ${problem}` };
  }
  context.show(terminalLine(`Checking with: ${command}`));
  const { verifyMs } = context.settings;
  const run = await context.workshop.run({
    command: split.words,
    prompt: "",
    cwd: context.identity.workDir,
    env: agentEnvironment(context, subject),
    attributes: attributesOf(context, subject),
    logPath: files.verifyLog,
    limits: { ...context.settings.limits, stallMs: verifyMs, totalMs: verifyMs },
    expects: "answer",
    signal,
    onOutput: context.show,
  });
  const { outcome } = run;
  const why = "reason" in outcome ? outcome.reason : outcome.kind;
  const output = outcome.kind === "ok" ? run.text : why;
  return { command, passed: outcome.kind === "ok", output: output.slice(-MAX_CHECK_OUTPUT) };
}

/** Writes a file for people or agents to read; a full disk costs the file only, and is told. */
export function writeFile(context: WorkerContext, path: string, text: string): boolean {
  try {
    context.workshop.files.replace(path, text, 0o600);
    return true;
  } catch (error) {
    context.show(terminalLine(`Warning: ${error instanceof Error ? error.message : error}`));
    return false;
  }
}
