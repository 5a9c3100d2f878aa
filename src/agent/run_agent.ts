import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { stat } from "node:fs/promises";
import { type Clock, sleep } from "../platform/clock.ts";
import type { AgentEnvironment, AgentRequest, AgentRun } from "./agent_request.ts";
import { type AgentCommand, agentCommand } from "./command_line.ts";
import { AgentOutput } from "./agent_output.ts";
import { deniedTools, type Exit, judge, type KillReason } from "./outcome.ts";
import { endProcessTree, killProcesses, RUN_ID_VARIABLE } from "./process_tree.ts";
import { RESOURCE_VARIABLE, resourceAttributes } from "./resource_attributes.ts";
import { terminalLine, terminalText } from "./terminal_text.ts";
import { openTranscript, type Transcript } from "./transcript.ts";

/** ms for a pipe that a survivor of the agent holds open, once the agent has ended. */
const DRAIN_MS = 1000;

/**
 * Variables by which a Claude Code knows that it runs inside another one: a Worker that was itself
 * started from a session of Claude Code must not pass them on.
 */
const NOT_INHERITED = ["CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT"];

/**
 * Measured on 2.1.330: a command that the agent leaves running in the background keeps `claude -p` from
 * exiting after its result, for as long as it runs. With this set, the Bash tool does not offer it.
 */
const UNLESS_SET = { CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1" };

/**
 * Runs one agent to its end and says how it ended; never rejects. The prompt goes in on standard input;
 * the log is written here and not by a `tee`: a pipe of a shell, and likewise one of dax, answers with
 * the status of its right side and hides that of the agent, and a kill with it. For the same reason the
 * child is started by `node:child_process` with an argument vector: the runner needs the child's own
 * status, its signal, its process id for the kill of the whole tree, and a group of its own, so that
 * Ctrl+C in the Worker's terminal does not reach the agent.
 */
export async function runAgent(
  request: AgentRequest,
  environment: AgentEnvironment,
): Promise<AgentRun> {
  const command = agentCommand(request.command, {
    ...request.options,
    ...(request.resume === undefined ? {} : { resume: request.resume.sessionId }),
  });
  for (const warning of command.warnings) request.onOutput?.(terminalLine(`Warning: ${warning}`));
  return await new Run(request, command, environment).finish();
}

class Run {
  readonly #request: AgentRequest;
  readonly #command: AgentCommand;
  readonly #clock: Clock;
  readonly #environment: AgentEnvironment;
  readonly #runId: string;
  readonly #output: AgentOutput;
  readonly #startedAt: number;
  #killedBy: KillReason | null = null;

  constructor(request: AgentRequest, command: AgentCommand, environment: AgentEnvironment) {
    this.#request = request;
    this.#command = command;
    this.#environment = environment;
    this.#clock = environment.clock;
    this.#runId = environment.random.id();
    this.#startedAt = this.#clock.monotonic();
    this.#output = new AgentOutput(command.kind, this.#clock, request);
  }

  async finish(): Promise<AgentRun> {
    if (this.#request.signal?.aborted) this.#killedBy = "aborted";
    const transcript = await openTranscript(this.#request.logPath);
    const ending = this.#killedBy === null ? await this.#run(transcript) : NOT_STARTED;
    await transcript.close();
    const logProblem = transcript.problem();
    if (logProblem !== null) this.#request.onOutput?.(terminalLine(`Warning: ${logProblem}`));
    return this.#report(ending, logProblem);
  }

  #start(): ChildProcess {
    const [program = "", ...args] = this.#command.argv;
    const inherited = Object.entries(this.#environment.env).filter(([name]) =>
      !NOT_INHERITED.includes(name)
    );
    const { cwd, attributes = {} } = this.#request;
    const env: Record<string, string | undefined> = {
      ...UNLESS_SET,
      ...Object.fromEntries(inherited),
      ...this.#request.env,
    };
    const about = resourceAttributes(env[RESOURCE_VARIABLE], attributes);
    return spawn(program, args, {
      cwd,
      env: {
        ...env,
        ...(about === "" ? {} : { [RESOURCE_VARIABLE]: about }),
        [RUN_ID_VARIABLE]: this.#runId,
      },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      windowsHide: true,
    });
  }

  async #run({ write }: Transcript): Promise<Ending> {
    if (!await isDirectory(this.#request.cwd)) {
      const message = `The work directory "${this.#request.cwd}" is not there`;
      return { ...NOT_STARTED, startError: { code: "", message } };
    }
    try {
      return await this.#follow(this.#start(), write);
    } catch (error) {
      // Arguments that no process can be given, such as one with a zero byte.
      return { ...NOT_STARTED, startError: { code: "", message: String(error) } };
    }
  }

  async #follow(child: ChildProcess, log: Transcript["write"]): Promise<Ending> {
    const ended = whenEnded(child);
    // A child that does not read its input, or is gone, breaks the pipe: its end tells what happened.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(this.#request.prompt);
    const streams = Promise.all([
      this.#output.read(child.stdout, "stdout", log),
      this.#output.read(child.stderr, "stderr", log),
    ]);
    const over = new AbortController();
    const killed = this.#watch(child, ended, over.signal);
    const ending = await ended;
    over.abort();
    await killed;
    if (ending.exit.signal !== null && this.#killedBy === null) {
      await killProcesses(this.#runId, this.#clock);
    }
    await this.#drain(child, streams);
    return ending;
  }

  /** Waits for a reason to end the agent; resolves when it is ended, or has ended by itself. */
  async #watch(child: ChildProcess, ended: Promise<unknown>, over: AbortSignal): Promise<void> {
    const reason = await this.#reasonToKill(over);
    if (reason === null || child.pid === undefined) return;
    this.#killedBy = reason;
    const graceMs = this.#request.limits.graceMs ?? 5000;
    // Claude Code answers an interrupt with a result that says what it has cost; measured on 2.1.330.
    const first = this.#command.kind === "claude" ? "SIGINT" : "SIGTERM";
    const how = { clock: this.#clock, graceMs, ended, first } as const;
    await endProcessTree(child.pid, this.#runId, how).catch(
      // Without a list of processes the agent itself can still be killed.
      () => child.kill("SIGKILL"),
    );
  }

  async #reasonToKill(over: AbortSignal): Promise<KillReason | null> {
    const { signal } = this.#request;
    const { overspent } = this.#output;
    const either = AbortSignal.any([over, overspent, ...signal === undefined ? [] : [signal]]);
    while (!either.aborted) {
      const { reason, inMs } = this.#nextDeadline();
      if (inMs <= 0) return reason;
      const soonest = AbortSignal.any([either, this.#output.finished]);
      await sleep(this.#clock, inMs, soonest).catch(() => undefined);
    }
    if (over.aborted) return null;
    return overspent.aborted ? "tokens" : "aborted";
  }

  #nextDeadline(): { reason: KillReason; inMs: number } {
    const { stallMs, totalMs, lingerMs = 20_000 } = this.#request.limits;
    const now = this.#clock.monotonic();
    const silent = now - Math.max(this.#startedAt, this.#output.lastAt);
    const deadlines: { reason: KillReason; inMs: number }[] = [
      { reason: "total", inMs: totalMs - (now - this.#startedAt) },
      this.#output.digest.result === null
        ? { reason: "stall", inMs: stallMs - silent }
        : { reason: "lingered", inMs: lingerMs - silent },
    ];
    return deadlines.reduce((first, next) => next.inMs < first.inMs ? next : first);
  }

  /** The rest of the output of an agent that has ended. */
  async #drain(child: ChildProcess, streams: Promise<unknown>): Promise<void> {
    const drained = new AbortController();
    const late = sleep(this.#clock, DRAIN_MS, drained.signal).then(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, () => undefined);
    await streams;
    drained.abort();
    await late;
  }

  #report(ending: Ending, logProblem: string | null): AgentRun {
    const { result } = this.#output.digest;
    const outcome = judge({
      kind: this.#command.kind,
      digest: this.#output.digest,
      exit: ending.exit,
      killedBy: this.#killedBy,
      startError: ending.startError,
      tail: terminalText(this.#output.tail),
      expects: this.#request.expects,
      schemaAsked: this.#request.options?.jsonSchema !== undefined,
      now: this.#clock.now(),
    });
    const sessionCostUsd = result?.total_cost_usd ?? null;
    return {
      outcome,
      exit: ending.exit,
      killedBy: this.#killedBy,
      costUsd: billed(sessionCostUsd, this.#request.resume?.costUsd ?? 0),
      sessionCostUsd,
      usage: this.#output.digest.usage,
      model: this.#output.digest.model,
      sessionId: this.#output.digest.sessionId,
      numTurns: result?.num_turns ?? null,
      durationMs: this.#clock.monotonic() - this.#startedAt,
      text: this.#command.kind === "plain" ? this.#output.plainText : result?.result ?? "",
      structuredOutput: result?.structured_output,
      denied: result === null ? [] : deniedTools(result),
      logPath: this.#request.logPath,
      logProblem,
      warnings: this.#command.warnings,
    };
  }
}

interface Ending {
  readonly exit: Exit;
  readonly startError: { readonly code: string; readonly message: string } | null;
}

const NOT_STARTED: Ending = { exit: { code: null, signal: null }, startError: null };

function whenEnded(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ exit: { code, signal }, startError: null }));
    child.once("error", (error: NodeJS.ErrnoException) => {
      const startError = { code: error.code ?? "", message: error.message };
      resolve({ exit: { code: null, signal: null }, startError });
    });
  });
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isDirectory(), () => false);
}

/** A total below what was billed is that of a conversation counted anew. */
function billed(total: number | null, before: number): number | null {
  if (total === null) return null;
  return total >= before ? total - before : total;
}
