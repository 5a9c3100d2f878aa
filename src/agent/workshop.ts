import type { InstanceId } from "../domain/ids.ts";
import type { Files } from "../platform/files.ts";
import type { AgentEnvironment, AgentRequest, AgentRun } from "./agent_request.ts";
import { endOrphans } from "./orphans.ts";
import { isAlive } from "./process_tree.ts";
import { runAgent } from "./run_agent.ts";
import { lookAtWorkTree, type WorkTree } from "./work_tree.ts";

/** The machine, as far as a Worker or a Leader touches it to run agents. */
export interface Workshop {
  run(request: AgentRequest): Promise<AgentRun>;
  lookAtWorkTree(directory: string): Promise<WorkTree>;
  /** Ends the agents that a killed predecessor of the same instance, in the same team, left; how many. */
  endOrphans(instance: InstanceId, env: Readonly<Record<string, string>>): Promise<number>;
  /** Whether a process with this id runs here. */
  isAlive(pid: number): boolean;
  readonly files: Files;
}

/** The workshop of the machine that this process runs on. */
export function workshopHere(environment: AgentEnvironment, files: Files): Workshop {
  return {
    run: (request) => runAgent(request, environment),
    lookAtWorkTree,
    endOrphans: (instance, env) => endOrphans(instance, env, environment.clock),
    isAlive,
    files,
  };
}
