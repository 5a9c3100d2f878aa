import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { RunOptions } from "./command_line.ts";
import type { DeniedTool, Exit, KillReason, Outcome } from "./outcome.ts";
import type { RunAttributes } from "./resource_attributes.ts";
import type { Usage } from "./usage.ts";

/** All that a runner needs of the process around it. */
export interface AgentEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  /** Inherited by every agent. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface RunLimits {
  /** ms without any output. */
  readonly stallMs: number;
  /** ms in all. */
  readonly totalMs: number;
  /** ms between SIGTERM and SIGKILL. Default 5,000. */
  readonly graceMs?: number;
  /** ms that the agent may stay silent after its result without exiting. Default 20,000. */
  readonly lingerMs?: number;
}

export interface AgentRequest {
  /** Words of the configured command, as `splitCommand` gives them. */
  readonly command: readonly string[];
  /** Written to standard input, which is then closed. */
  readonly prompt: string;
  readonly cwd: string;
  /** Set on top of what is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** What the run is about, for the agent's telemetry. */
  readonly attributes?: RunAttributes;
  /** File that gets whatever the agent prints, as it prints it. */
  readonly logPath: string;
  readonly limits: RunLimits;
  /** What the run is for; see `RunFacts`. */
  readonly expects: "changes" | "answer";
  readonly options?: Omit<RunOptions, "resume">;
  /**
   * Tokens, of this run alone, over which it is stopped when it asks for another tool: it may overshoot
   * by the request in flight. Only for Claude Code: no other agent says what it uses.
   */
  readonly budgetTokens?: number | undefined;
  /** Conversation to go on with, and what of it is billed already, in USD. */
  readonly resume?: { readonly sessionId: string; readonly costUsd: number } | undefined;
  readonly signal?: AbortSignal;
  /**
   * Told what the run has used so far, whenever that changes (an estimate until its result), and by which
   * model, where it is known. Only of Claude Code.
   */
  readonly onUsage?: ((usage: Usage, model: string | null) => void) | undefined;
  /** Told of the run's progress, in lines of terminal text. */
  readonly onOutput?: (line: string) => void;
}

export interface AgentRun {
  readonly outcome: Outcome;
  readonly exit: Exit;
  readonly killedBy: KillReason | null;
  /** USD, of this run alone; null where the agent did not say. */
  readonly costUsd: number | null;
  /** USD, of the whole conversation: what a run that resumes it gives as `resume.costUsd`. */
  readonly sessionCostUsd: number | null;
  /** Of this run alone; without a result what its messages said, and an estimate of the output. */
  readonly usage: Usage | null;
  /** That it began with; null where it did not say. */
  readonly model: string | null;
  readonly sessionId: string | null;
  readonly numTurns: number | null;
  readonly durationMs: number;
  /** Its final answer; for plain agents the end of what it printed. */
  readonly text: string;
  /** The answer that follows the schema, where one was asked for and given; to be checked. */
  readonly structuredOutput: unknown;
  /** Tool calls that were denied, also in a run that went on without them. */
  readonly denied: readonly DeniedTool[];
  readonly logPath: string;
  /** Why the log is not whole, or null. */
  readonly logProblem: string | null;
  /** What was changed in the configured command. */
  readonly warnings: readonly string[];
}
