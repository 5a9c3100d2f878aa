import process from "node:process";
import { nodeProcesses } from "../../src/platform/node/processes.ts";
import { whyAgentUnusable } from "../../src/setup/agent_checks.ts";
import type { Deps } from "../cli/command.ts";
import type { AgentWish } from "./agent_choice.ts";

/** ms that `claude auth status` may take. */
const ASK_MS = 20_000;

/**
 * The agent of a whole team: what was asked for or is configured, and where neither is, the configured
 * command if it can be used here, else the rehearsal, which is said in one line.
 */
export async function chooseRunAgent(deps: Deps, wish: AgentWish): Promise<AgentWish> {
  const config = await deps.config();
  const isAsked = wish.agent !== undefined || wish.command !== undefined ||
    wish.rehearse !== undefined || config.value("agent") !== null;
  if (isAsked) return wish;
  const run = (words: readonly string[]) =>
    nodeProcesses.run(words, { cwd: deps.host.cwd, timeoutMs: ASK_MS });
  const problem = await whyAgentUnusable(config.value("command"), run, {
    env: deps.host.env,
    uid: process.getuid?.() ?? null,
  });
  if (problem === null) {
    deps.out.tell("The agent is the configured command", { command: config.value("command") });
    return wish;
  }
  deps.out.tell("Nothing real is done: this is a rehearsal, with agents that are built in", {
    because: problem.message,
    remedy: problem.remedy,
  });
  return { ...wish, agent: "rehearsal" };
}
