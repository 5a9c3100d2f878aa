import { readdir, readFile } from "node:fs/promises";
import type { InstanceId } from "../domain/ids.ts";
import type { Clock } from "../platform/clock.ts";
import { killProcesses, RUN_ID_VARIABLE } from "./process_tree.ts";

/** Environment variable that names the member whose agent a process belongs to. */
export const INSTANCE_VARIABLE = "CLAUDE_ORCHESTRATOR_INSTANCE_ID";

/** Environment variables that name the team that a process works for. */
const TEAM_VARIABLES = ["ZK_HOSTS", "ZK_ROOT_PATH"];

/**
 * Ends the agents that a former process of a member left behind when it was killed: measured, Claude
 * Code does not notice that nobody reads it any more, and works on. Returns how many runs were ended.
 * Found by their environment, which Linux alone shows; elsewhere none are found.
 *
 * @param env what the member's agents are given: another team may have a member of the same id
 */
export async function endOrphans(
  instance: InstanceId,
  env: Readonly<Record<string, string>>,
  clock: Clock,
): Promise<number> {
  if (process.platform !== "linux") return 0;
  const marks = TEAM_VARIABLES.filter((name) => env[name] !== undefined)
    .map((name) => `${name}=${env[name]}`);
  marks.push(`${INSTANCE_VARIABLE}=${instance}`);
  const own = process.env[RUN_ID_VARIABLE];
  const runs = new Set<string>();
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const variables = environment.split("\0");
    if (!marks.every((mark) => variables.includes(mark))) continue;
    const run = variables.find((each) => each.startsWith(`${RUN_ID_VARIABLE}=`));
    const id = run?.slice(RUN_ID_VARIABLE.length + 1);
    if (id !== undefined && id !== own) runs.add(id);
  }
  for (const run of runs) await killProcesses(run, clock);
  return runs.size;
}
