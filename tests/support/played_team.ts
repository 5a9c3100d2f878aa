import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "./candidates.ts";
import { asUser } from "./closed_tree.ts";
import { startLeaderProcess } from "./leader_process.ts";
import { observer } from "./led_team.ts";
import { connectTo } from "./task_team.ts";
import { teamOn } from "./team_on.ts";
import { type Place, startWorkerProcess, type WorkerProcess } from "./worker_process.ts";

/** ms */
const SESSION_MS = 4_000;
/** ms that what was submitted may take, outages included. */
const PATIENCE_MS = 90_000;
const PLAYED = ["--agent", "rehearsal", "--rehearse", "time=100ms"];

/** A Leader, a standby and a Worker, each the executable in a process of its own. */
export type PlayedTeam = ReturnType<typeof observer> & {
  readonly leader: WorkerProcess;
};

/** Starts them, with agents that are played, in a tree that is closed to others; they end with the test. */
export async function startPlayedTeam(
  hosts: string,
  credential: string,
  directory: string,
): Promise<PlayedTeam> {
  const zk = await connectTo(hosts, { connectTimeoutMs: 30_000, ...await asUser(credential) });
  const team = teamOn(zk, "/claude-orchestrator");
  const place = (name: string): Place => {
    const cwd = join(directory, name);
    mkdirSync(cwd, { recursive: true });
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: cwd,
      ZK_HOSTS: hosts,
      CLAUDE_ORCHESTRATOR_ZOOKEEPER_AUTH: credential,
      CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: `${SESSION_MS}ms`,
    };
    return { cwd, env };
  };
  const processes: WorkerProcess[] = [];
  onTestFinished(async () => {
    for (const each of processes) each.kill();
    await Promise.all(processes.map(({ ended }) => ended));
    await zk.close();
  });
  const begin = (started: WorkerProcess) => {
    processes.push(started);
    return started;
  };
  const lead = (name: string) =>
    begin(startLeaderProcess(place(name), name, "--standby", ...PLAYED));
  const leader = lead("first");
  await leader.printed("leads the team");
  lead("second");
  await begin(startWorkerProcess(place("worker"), "worker", ...PLAYED)).printed("at work in");
  await until(async () => (await team.members.list()).length === processes.length, 20_000);
  const outputs = () => processes.map(({ name, output }) => `${name}:\n${output()}`);
  return { ...observer(team, outputs, PATIENCE_MS), leader };
}
