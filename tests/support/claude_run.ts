import { join } from "node:path";
import type { AgentRequest, AgentRun } from "../../src/agent/agent_request.ts";
import { runAgent } from "../../src/agent/run_agent.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { claudeEnvironment, claudePath } from "./claude_cli.ts";

export type ClaudeRunOverrides = Partial<AgentRequest> & { readonly flags?: readonly string[] };

/** Runs the real Claude Code once, in `directory`, on the scripted API at `apiUrl`. */
export function runClaude(
  { directory, apiUrl }: { directory: string; apiUrl: string },
  { flags = [], ...overrides }: ClaudeRunOverrides = {},
): Promise<AgentRun> {
  const request: AgentRequest = {
    command: [claudePath() ?? "claude", ...flags],
    prompt: "Say hello",
    cwd: directory,
    env: {},
    logPath: join(directory, "cache", "run.log"),
    limits: { stallMs: 60_000, totalMs: 80_000, graceMs: 20_000 },
    expects: "answer",
    ...overrides,
  };
  const env = claudeEnvironment({ directory, apiUrl });
  return runAgent(request, { clock: systemClock, random: systemRandom, env });
}
