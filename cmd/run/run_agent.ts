import process from "node:process";
import type { Config } from "../../src/config/load.ts";
import { roleKey } from "../../src/config/role_keys.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Role } from "../../src/domain/task.ts";
import { nodeProcesses } from "../../src/platform/node/processes.ts";
import { whyAgentUnusable } from "../../src/setup/agent_checks.ts";
import type { Check } from "../../src/setup/check.ts";
import type { Deps } from "../cli/command.ts";
import type { AgentWish } from "../team/agent_choice.ts";

/** ms that `claude auth status` may take. */
const ASK_MS = 20_000;

/** An agent, and who in the team runs it. */
interface Agent {
  readonly command: readonly string[];
  readonly roles: readonly Role[];
}

/**
 * The agent of a whole team: what was asked for or is configured, for all or for a role, and where nothing is,
 * the default command if it can be used here, else the rehearsal, which is said in one line.
 *
 * @throws OrchestratorError AGENT_NOT_FOUND where one that is configured cannot be used
 */
export async function chooseRunAgent(
  deps: Deps,
  config: Config,
  wish: AgentWish,
  roles: readonly Role[],
): Promise<AgentWish> {
  const isAsked = wish.agent !== undefined || wish.command !== undefined ||
    wish.rehearse !== undefined || config.value("agent") !== null;
  if (isAsked) return wish;
  const agents = agentsOf(config, roles);
  const problem = await firstProblem(deps, agents);
  if (problem === null) {
    const told = agents.map(({ command, roles }) => ({ command, roles }));
    deps.out.tell("Each role runs the command that is configured for it", { agents: told });
    return wish;
  }
  if (isConfigured(config, roles)) throw unusable(problem.agent, problem.check);
  deps.out.tell("Nothing real is done: this is a rehearsal, with agents that are built in", {
    because: problem.check.message,
    remedy: problem.check.remedy,
  });
  return { ...wish, agent: "rehearsal" };
}

/** Each command once, with the roles that run it. */
function agentsOf(config: Config, roles: readonly Role[]): Agent[] {
  const agents = new Map<string, Agent>();
  for (const role of new Set(roles)) {
    const command = config.ofRole("command", role) ?? config.value("command");
    const key = JSON.stringify(command);
    agents.set(key, { command, roles: [...agents.get(key)?.roles ?? [], role] });
  }
  return [...agents.values()];
}

async function firstProblem(
  deps: Deps,
  agents: readonly Agent[],
): Promise<{ readonly agent: Agent; readonly check: Check } | null> {
  const run = (words: readonly string[]) =>
    nodeProcesses.run(words, { cwd: deps.host.cwd, timeoutMs: ASK_MS });
  const surroundings = { env: deps.host.env, uid: process.getuid?.() ?? null };
  for (const agent of agents) {
    const check = await whyAgentUnusable(agent.command, run, surroundings);
    if (check !== null) return { agent, check };
  }
  return null;
}

/** Whether anybody said which agent is to be run: then nobody is given another one unasked. */
function isConfigured(config: Config, roles: readonly Role[]): boolean {
  return config.origin("command").source !== "default" ||
    roles.some((role) => config.value(roleKey(role, "command")) !== null);
}

function unusable({ roles, command }: Agent, { message, remedy }: Check): OrchestratorError {
  return new OrchestratorError(
    "AGENT_NOT_FOUND",
    `The agent of ${roles.join(", ")} cannot be used: ${message}`,
    {
      hint: `${remedy ?? "Configure another command"}; or rehearse: --agent rehearsal`,
      details: { roles, command },
    },
  );
}
