import { hostname } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Workshop } from "../../src/agent/workshop.ts";
import { Election } from "../../src/coordination/election.ts";
import { openTeam, type Team } from "../../src/coordination/team.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import type { Template } from "../../src/domain/template.ts";
import type { EnquiryKind, LeaderSettings, LeaderWaits } from "../../src/leader/context.ts";
import { holdOffice, type LeaderSummary } from "../../src/leader/office_holder.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { agentTemplate } from "../../src/templates/agents.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { TEAM_ENV, workerDirectory } from "./worker_bench.ts";

export interface LeaderSetup {
  readonly name?: string;
  readonly standby?: boolean;
  readonly workshop: Workshop;
  readonly settings?: Partial<LeaderSettings>;
  readonly waits?: Partial<LeaderWaits>;
  /** Default: the templates of the product. */
  readonly template?: (kind: EnquiryKind) => Template;
  /** Resolves when it is as dead as after SIGKILL: then nobody waits for its end. */
  readonly died?: Promise<void>;
}

/** A Leader inside the test's own process. */
export interface RunningLeader {
  readonly lines: string[];
  /** As Ctrl+C. */
  leave(): void;
  readonly ended: Promise<LeaderSummary>;
}

const QUICK: LeaderWaits = {
  backOff: { firstMs: 50, maxMs: 200 },
  unknownLimit: { firstMs: 300, maxMs: 600 },
  cannotRunMs: 300,
  helpMs: 10_000,
  openToAllMs: 500,
  roundsMs: 200,
  sweepMs: 60_000,
  billMs: 60_000,
};

/** Starts a Leader on a client of its own; it is stopped when the test ends, if not before. */
export async function startTestLeader(
  zk: ZooKeeper,
  root: string,
  setup: LeaderSetup,
): Promise<RunningLeader> {
  const { name = "boss", standby = false, workshop } = setup;
  const directory = workerDirectory();
  const shared = { zk, root, clock: systemClock, random: systemRandom };
  const profile = { id: InstanceId.parse(name), name, host: hostname(), pid: process.pid };
  const team: Team = openTeam(shared);
  const member = await team.members.attach({ ...profile, role: "leader" }, { isAlive: () => true });
  const lines: string[] = [];
  const leave = new AbortController();
  const ended = holdOffice({
    election: new Election({ ...shared, isAlive: () => true }),
    profile,
    fencedTeam: (fence) => openTeam({ ...shared, fence }),
    standby,
    onTerm: () => {},
    workshop,
    template: setup.template ??
      ((kind) => agentTemplate(`leader-${kind}`, nodeFiles, directory)),
    settings: {
      command: ["scripted"],
      workDir: join(directory, "work"),
      cacheDir: join(directory, "cache"),
      limits: { stallMs: 60_000, totalMs: 80_000 },
      env: TEAM_ENV,
      waits: { ...QUICK, ...setup.waits },
      retention: { tasksMs: 1e9, messagesMs: 1e9, journalMs: 1e9 },
      ...setup.settings,
    },
    clock: systemClock,
    random: systemRandom,
    show: (line) => lines.push(line),
    leave: leave.signal,
  }).finally(() => member.leave().catch(() => {}));
  ended.catch(() => {});
  onTestFinished(async () => {
    leave.abort();
    await Promise.race([ended.catch(() => {}), setup.died].filter((each) => each !== undefined));
  });
  return { lines, leave: () => leave.abort(), ended };
}
