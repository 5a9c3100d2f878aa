import { afterAll, beforeAll, beforeEach } from "vitest";
import type { NewRequirement } from "../../src/coordination/chains/requirement_store.ts";
import type { Team } from "../../src/coordination/team.ts";
import { type Chain, isClosed } from "../../src/domain/chain.ts";
import type { EventType, JournalEvent } from "../../src/domain/event.ts";
import type { ChainId, RequirementId } from "../../src/domain/ids.ts";
import { isSettled, type Requirement } from "../../src/domain/requirement.ts";
import type { Task } from "../../src/domain/task.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { until } from "./candidates.ts";
import { type LeaderSetup, type RunningLeader, startTestLeader } from "./leader_bench.ts";
import {
  type AgentScript,
  goodTeam,
  type ScriptedWorkshop,
  scriptedWorkshop,
} from "./scripted_agent.ts";
import { connectTo, PERSON } from "./task_team.ts";
import { type RunningWorker, startTestWorker, teamOn } from "./worker_bench.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

export const ROLES = ["planner", "builder", "verifier", "reviewer", "accepter"];

export interface TeamSetup extends Partial<LeaderSetup> {
  /** One Worker each, named after its role. */
  readonly roles?: readonly string[];
}

/** A team with a Leader, all in the test's process, whose agents play one script. */
export interface LedTeam {
  readonly zk: ZooKeeper;
  readonly root: string;
  readonly team: Team;
  readonly workshop: ScriptedWorkshop;
  readonly leader: RunningLeader;
  readonly workers: readonly RunningWorker[];
  submit(content: string | NewRequirement): Promise<RequirementId>;
  /** Submits, and waits for the end; null: of the next requirement that there is. */
  settled(what?: string | NewRequirement | RequirementId): Promise<Settled>;
  /** The chain once it is closed. */
  closed(id: ChainId): Promise<Chain>;
  events(...types: EventType[]): Promise<JournalEvent[]>;
  tasks(): Promise<Task[]>;
  /** Runs by kind. */
  counts(): Record<string, number>;
  /** Findings of the audit; none where everything is in order. */
  findings(): Promise<readonly unknown[]>;
}

export interface Settled {
  readonly requirement: Requirement;
  readonly chains: Chain[];
}

/** For tests of a suite: starts such a team, on a root of its own. */
export function ledTeams(
  server: ZooKeeperServer,
): (script?: AgentScript, setup?: TeamSetup) => Promise<LedTeam> {
  let zk: ZooKeeper;
  let root: string;
  beforeAll(async () => {
    zk = await connectTo(server.hosts);
  });
  afterAll(() => zk.close());
  beforeEach(async () => {
    root = await server.freshRoot();
  });
  return async (script = goodTeam(), setup = {}) => {
    const workshop = setup.workshop ?? scriptedWorkshop(script);
    const leader = await startTestLeader(zk, root, { ...setup, workshop });
    const team = teamOn(zk, root);
    const workers = (setup.roles ?? ROLES).map((role) =>
      startTestWorker(team, { name: `w-${role}`, role, command: "scripted", workshop })
    );
    const runs = () => "runs" in workshop ? workshop.runs as ScriptedWorkshop["runs"] : [];
    return {
      ...observer(team, () => leader.lines),
      zk,
      root,
      leader,
      workers,
      workshop: { ...workshop, runs: runs() },
      counts: () => countsOf(runs()),
    };
  };
}

/** What a test looks at, and how it waits for it: at most `withinMs`. */
export function observer(
  team: Team,
  lines: () => readonly string[],
  withinMs = 80_000,
): Pick<LedTeam, "team" | "submit" | "settled" | "closed" | "events" | "tasks" | "findings"> {
  const submit = async (what: string | NewRequirement) => {
    const given = typeof what === "string" ? { content: what } : what;
    return (await team.requirements.submit(given, PERSON)).id;
  };
  const tell = async () => {
    const told = (await team.journal.read()).map(({ time, type, by_name, task_id, reason }) =>
      [time, type, by_name, task_id, reason].join(" ")
    );
    return [...lines(), ...told].join("\n");
  };
  return {
    team,
    submit,
    settled: async (what = "Make it so") => {
      const isId = typeof what === "string" && /^req-\d+$/.test(what);
      const id = isId ? what as RequirementId : await submit(what);
      for await (const requirement of team.requirements.watch(id, AbortSignal.timeout(withinMs))) {
        if (!isSettled(requirement)) continue;
        const chains = await Promise.all(requirement.chains.map((chain) => team.chains.get(chain)));
        return { requirement, chains };
      }
      throw new Error(`${id} was not settled in time:\n${await tell()}`);
    },
    closed: async (id) => {
      await until(async () => isClosed(await team.chains.get(id)), withinMs).catch(async () => {
        throw new Error(`${id} was not closed in time:\n${await tell()}`);
      });
      return await team.chains.get(id);
    },
    events: async (...types) =>
      (await team.journal.read()).filter(({ type }) => types.includes(type)),
    tasks: async () => (await team.tasks.list()).tasks,
    findings: async () => (await team.tasks.audit()).findings,
  };
}

/** How often each kind of question was asked. */
export function countsOf(runs: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of runs) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
