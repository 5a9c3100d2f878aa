import type { AgentRequest, AgentRun } from "../agent/agent_request.ts";
import { openTranscript } from "../agent/transcript.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { terminalLine } from "../domain/terminal_text.ts";
import type { Clock } from "../platform/clock.ts";
import type { Files } from "../platform/files.ts";
import { type Ending, failed, stopped } from "./misfortune.ts";
import { play } from "./play.ts";
import type { Scene } from "./scene.ts";
import { mishapAt, type Script } from "./script.ts";
import { CutShort, Stage } from "./stage.ts";

export interface RehearsalNeeds {
  readonly script: Script;
  readonly clock: Clock;
  readonly files: Files;
}

/**
 * One run of the rehearsal agent, in this very process: it takes its time, shows and logs what it does, is
 * held to the request's limits and signal, and ends as a real agent would. It costs nothing, keeps no
 * conversation, and never rejects.
 */
export async function rehearse(
  request: AgentRequest,
  scene: Scene,
  needs: RehearsalNeeds,
): Promise<AgentRun> {
  const { clock, files, script } = needs;
  const transcript = await openTranscript(request.logPath);
  const show = request.onOutput ?? (() => {});
  const stage = new Stage({
    clock,
    limits: request.limits,
    transcript,
    show,
    signal: request.signal,
  });
  const mishap = mishapAt(script, scene);
  const ending = await endingOf(async () => {
    if (files.status(request.cwd)?.kind !== "directory") {
      const reason = `The work directory "${request.cwd}" is not there`;
      return failed({ kind: "failed", reason });
    }
    return await play(scene, mishap, stage, { script, clock, files, cwd: request.cwd });
  });
  await transcript.close();
  const logProblem = transcript.problem();
  if (logProblem !== null) show(terminalLine(`Warning: ${logProblem}`));
  return {
    ...ending,
    costUsd: 0,
    sessionCostUsd: null,
    usage: { inputTokens: 0, outputTokens: 0, cacheCreationTokens: 0, cacheReadTokens: 0 },
    model: null,
    sessionId: null,
    numTurns: 1,
    durationMs: stage.elapsedMs,
    logPath: request.logPath,
    logProblem,
    warnings: [],
  };
}

async function endingOf(run: () => Promise<Ending>): Promise<Ending> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CutShort) return stopped(error.reason);
    if (!(error instanceof OrchestratorError)) throw error;
    return failed({ kind: "failed", reason: error.message });
  }
}
