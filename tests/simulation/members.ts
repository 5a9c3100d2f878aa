import { Election } from "../../src/coordination/election.ts";
import type { Fence } from "../../src/coordination/fence.ts";
import { Ledger } from "../../src/coordination/ledger.ts";
import { sweepChains, sweepRequirements } from "../../src/coordination/chains/sweep.ts";
import { sweepMembers } from "../../src/coordination/member_retention.ts";
import { TaskStore } from "../../src/coordination/tasks/store.ts";
import { openTeam, type Team } from "../../src/coordination/team.ts";
import { FencingToken, InstanceId, TaskId } from "../../src/domain/ids.ts";
import { DEFAULT_LEADER_WAITS } from "../../src/leader/context.ts";
import { holdOffice } from "../../src/leader/office_holder.ts";
import type { LeaderTeam } from "../../src/leader/ports.ts";
import type { Random } from "../../src/platform/random.ts";
import { agentTemplate, workerTemplateName } from "../../src/templates/agents.ts";
import { DEFAULT_WAITS } from "../../src/worker/context.ts";
import { startWorker } from "../../src/worker/worker.ts";
import { connect } from "../../src/zookeeper/client.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import type { MemoryFiles } from "./memory_files.ts";
import type { SimulatedAgents, SimulatedRun } from "./simulated_agents.ts";
import type { SimulatedNetwork } from "./simulated_network.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { Trace } from "./trace.ts";

/** Path below which the team is. */
const ROOT = "/claude-orchestrator";
/** ms, as configured unless somebody says otherwise. */
export const SESSION_MS = 10_000;
const LIMITS = { stallMs: 300_000, totalMs: 600_000 };
const DAY_MS = 86_400_000;
const RETENTION = { tasksMs: 30 * DAY_MS, messagesMs: DAY_MS, journalMs: 30 * DAY_MS };

/** A process, and what it has of the world. */
export interface Ground {
  readonly process: SimulatedProcess;
  readonly network: SimulatedNetwork;
  readonly agents: SimulatedAgents;
  readonly files: MemoryFiles;
  readonly random: Random;
  readonly trace: Trace;
}

/** Who a member is. */
export interface MemberPlan {
  readonly name: string;
  readonly role: string;
  /** Runs at once. */
  readonly capacity: number;
  /** Of a Leader: whether it queues behind one that leads. */
  readonly standby: boolean;
  /** US dollars that the team may cost, as told to a Leader. */
  readonly budgetUsd: number | null;
}

/** Opens a session. Rejects where there is none within the time that a command takes for it. */
export function connectFrom(ground: Ground): Promise<ZooKeeper> {
  const { process, network, random, trace } = ground;
  return connect({
    hosts: "127.0.0.1:2181",
    sessionTimeoutMs: SESSION_MS,
    connectTimeoutMs: 5_000,
    operationTimeoutMs: 15_000,
    onListenerError: (error) => trace.tell(process.name, `DEFECT: a listener threw ${error}`),
  }, { clock: process.clock, random: () => random.next(), dial: network.dial(process) });
}

export function teamOf(ground: Ground, zk: ZooKeeper, fence?: Fence): Team {
  const { process, random, trace } = ground;
  return openTeam({
    zk,
    root: ROOT,
    clock: process.clock,
    random,
    onCorrupt: ({ path, problem }) => {
      // A search for lost work that a connection broke off is told like a node that is broken.
      const word = /^recovery failed: ZooKeeperError/.test(problem) ? "" : "DEFECT: ";
      trace.tell(process.name, `${word}${path}: ${problem}`);
    },
    ...(fence === undefined ? {} : { fence }),
  });
}

/** Completes a task as a member, as `complete-task` in its agent's hands does; tells what came of it. */
export async function handIn(ground: Ground, run: SimulatedRun, result: string): Promise<void> {
  const { process, trace } = ground;
  const by = { id: InstanceId.parse(run.member), name: run.member };
  const token = FencingToken.parse(run.token);
  try {
    const zk = await connectFrom(ground);
    const { tasks } = teamOf(ground, zk);
    await tasks.complete(TaskId.parse(run.about), { by, token }, { result });
    trace.tell(process.name, `[${process.pid}] has completed ${run.about}`);
    await zk.close();
  } catch (error) {
    trace.tell(process.name, `[${process.pid}] could not complete ${run.about}: ${error}`);
  }
  process.exit();
}

/** Lines that a member shows. */
function showing({ process, trace }: Ground): (line: string) => void {
  return (line) => {
    if (process.isAlive) trace.tell(process.name, line);
  };
}

function workingIn({ process, agents, files }: Ground) {
  return {
    workshop: agents.workshop(process, files),
    settings: {
      command: ["simulated"],
      cacheDir: "/cache",
      limits: LIMITS,
      env: {},
    },
  };
}

/** Works, as `register --work-dir` does, until it is told to leave. Rejects as that command fails. */
export async function work(ground: Ground, plan: MemberPlan, leave: AbortSignal): Promise<void> {
  const { process, files, random } = ground;
  const zk = await connectFrom(ground);
  const { workshop, settings } = workingIn(ground);
  try {
    await startWorker({
      team: teamOf(ground, zk),
      workshop,
      template: (kind) => agentTemplate(workerTemplateName(kind), files, "/project"),
      identity: {
        id: InstanceId.parse(plan.name),
        name: plan.name,
        role: plan.role,
        workDir: "/work",
        capacity: plan.capacity,
        host: process.host,
        pid: process.pid,
        version: "0.0.0",
      },
      settings: { ...settings, verifyMs: LIMITS.totalMs, waits: DEFAULT_WAITS },
      clock: process.clock,
      random,
      show: showing(ground),
      leave,
      stop: new AbortController().signal,
    });
  } finally {
    await zk.close();
  }
}

/** Leads, as `leader` does, until it is told to leave. Rejects as that command fails. */
export async function leadFrom(
  ground: Ground,
  plan: MemberPlan,
  leave: AbortSignal,
): Promise<void> {
  const { process, files, random } = ground;
  const zk = await connectFrom(ground);
  const { workshop, settings } = workingIn(ground);
  const { clock } = process;
  const { isAlive } = workshop;
  const { name, standby, budgetUsd } = plan;
  const profile = { id: InstanceId.parse(name), name, host: process.host, pid: process.pid };
  try {
    const election = new Election({ zk, root: ROOT, clock, random, isAlive });
    const first = standby ? undefined : await election.campaign({ profile, signal: leave });
    const member = await teamOf(ground, zk).members.attach(
      { ...profile, role: "leader" },
      { isAlive },
    );
    await holdOffice({
      election,
      profile,
      first,
      fencedTeam: (fence) => ledTeam(ground, zk, fence),
      standby,
      onTerm: (term) => {
        const work = term === null ? "standby" : `leads, term ${term.epoch}`;
        showing(ground)(work);
        void member.update({ current_work: work });
      },
      workshop,
      template: (kind) => agentTemplate(`leader-${kind}`, files, "/project"),
      settings: {
        ...settings,
        workDir: "/work",
        ...(budgetUsd === null ? {} : { budgetUsd, runBudgetUsd: budgetUsd / 10 }),
        waits: DEFAULT_LEADER_WAITS,
        retention: RETENTION,
      },
      clock,
      random,
      show: showing(ground),
      leave,
    }).finally(() => member.leave().catch(() => {}));
  } finally {
    await zk.close();
  }
}

/**
 * The team of a term. What it loads only when it is needed is at hand here: a module that is loaded takes
 * the time of the real machine.
 */
function ledTeam(ground: Ground, zk: ZooKeeper, fence: Fence): LeaderTeam {
  const { process, random } = ground;
  const team = teamOf(ground, zk, fence);
  const { tree, serverTime } = team;
  const ledger = new Ledger(tree, fence);
  const { clock } = process;
  const store = new TaskStore({ tree, ledger, clock, random, onProblem: () => {} });
  return {
    ...team,
    sweepChains: (options) => sweepChains(store, options),
    sweepRequirements: (options) => sweepRequirements(store, options),
    sweepMembers: (options) => sweepMembers(tree, ledger, serverTime, options),
  };
}
