import { resolve } from "node:path";
import type { ListedMember } from "../../src/coordination/liveness.ts";
import type { SpentReading } from "../../src/coordination/spent_total.ts";
import { laneOf } from "../../src/domain/place.ts";
import type { Task } from "../../src/domain/task.ts";
import { parseHosts } from "../../src/zookeeper/hosts.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { untilAborted } from "../../src/platform/aborted.ts";
import type { Deps } from "../cli/command.ts";
import { versionInfo } from "../version.ts";
import { exposition, type Metric, type Sample } from "./exposition.ts";
import { type Health, healthOf, type Place, placeOf } from "./health.ts";

/** Readable by node_exporter, which runs as another user. */
const MODE = 0o644;

/**
 * Prints the team's metrics, or puts them into a file. Where the team cannot be read, the metrics say
 * that and nothing else, and the error is thrown: who collects them sees an outage, never old numbers.
 */
export async function printMetrics(deps: Deps, file: string | undefined): Promise<void> {
  const place = await placeOf(deps);
  const read = await readMetrics(deps, place).then(
    (metrics) => ({ metrics: [up(1), ...metrics], failure: null }),
    (error: unknown) => ({ metrics: [up(0)], failure: { error } }),
  );
  // Whoever interrupted it learned nothing of the team.
  deps.host.signal.throwIfAborted();
  const text = exposition([...read.metrics, build()], { root: rootOf(place) });
  if (file === undefined) await deps.out.text(text);
  else (await deps.files()).replace(resolve(deps.host.cwd, file), text, MODE);
  if (read.failure !== null) throw read.failure.error;
}

/** Tells the teams of one machine apart: the path of the tree, the chroot included. */
function rootOf({ hosts, root }: Place): string {
  return parseHosts(hosts).chroot + root;
}

async function readMetrics(deps: Deps, place: Place): Promise<Metric[]> {
  const zk = await deps.zk();
  return await untilAborted(readTeam(deps, zk, place), deps.signal);
}

async function readTeam(deps: Deps, zk: ZooKeeper, place: Place): Promise<Metric[]> {
  const team = await deps.team();
  const [health, members, heads, sums] = await Promise.all([
    healthOf(deps, zk, place),
    team.members.list(),
    team.overview.heads(),
    team.spent.reading(),
  ]);
  const now = (await deps.clock()).now();
  return [
    ...healthMetrics(health, now),
    membersMetric(members),
    waitMetric(heads),
    ...sumsOf(sums),
  ];
}

function up(value: 0 | 1): Metric {
  return gauge("up", "Whether the team could be read from ZooKeeper.", value);
}

function build(): Metric {
  const { version, commit, target } = versionInfo();
  const sample = { labels: { version, commit, target }, value: 1 };
  return gauge("build_info", "The program that wrote this.", sample);
}

function healthMetrics(health: Health, now: number): Metric[] {
  const { zookeeper, leader, epoch, tasks, paused_until, retained } = health;
  const paused = paused_until === null ? 0 : Math.max(0, Date.parse(paused_until) - now);
  const byStatus = Object.entries(tasks ?? {}).map(([status, value]) => ({
    labels: { status },
    value,
  }));
  return [
    gauge(
      "zookeeper_latency_seconds",
      "Median round trip of a small read.",
      Number(((zookeeper.latency_ms ?? 0) / 1000).toFixed(6)),
    ),
    gauge(
      "zookeeper_open",
      "Whether everybody who reaches ZooKeeper can change the team's tree.",
      Number(zookeeper.open === true),
    ),
    gauge("leader_present", "Whether somebody leads.", Number(leader !== null)),
    gauge("leader_epoch", "Number of the term, of the Leader or the last one.", epoch ?? 0),
    gauge("tasks", "Tasks by status; finished ones until retention removes them.", ...byStatus),
    gauge("open_chains", "Chains that are not over.", health.open_chains ?? 0),
    gauge("open_requirements", "Requirements that are not over.", health.open_requirements ?? 0),
    gauge("paused", "Whether the whole team is paused.", Number(paused > 0)),
    gauge("pause_remaining_seconds", "Time until the pause of the team ends.", paused / 1000),
    gauge("read_messages", "Read messages that are still kept.", retained?.read_messages ?? 0),
  ];
}

/** Members by role and by what they are at; a role that nobody has is not there. */
function membersMetric(members: readonly ListedMember[]): Metric {
  const counts = new Map<string, Sample>();
  for (const { role, status: doing, liveness } of members) {
    const status = liveness === "expired" ? "expired" : doing;
    const value = (counts.get(`${role} ${status}`)?.value ?? 0) + 1;
    counts.set(`${role} ${status}`, { labels: { role, status }, value });
  }
  return gauge("members", "Members by role and status.", ...counts.values());
}

/** A lane is whom the task waits for: anybody, a role, or one member. */
function waitMetric(heads: readonly Task[]): Metric {
  const since = new Map<string, number>();
  for (const task of heads) {
    const lane = task.assigned_to === null ? laneOf(task) : "member";
    const seconds = Date.parse(task.updated_at) / 1000;
    since.set(lane, Math.min(since.get(lane) ?? Infinity, seconds));
  }
  return gauge(
    "oldest_ready_task_timestamp_seconds",
    "Since when the task that is next in a lane can be taken.",
    ...[...since].map(([lane, value]) => ({ labels: { lane }, value })),
  );
}

function sumsOf({ spent, retries, events }: SpentReading): Metric[] {
  const tokens = [
    { labels: { direction: "input" }, value: spent.input_tokens },
    { labels: { direction: "output" }, value: spent.output_tokens },
  ];
  const byType = Object.entries(events).sort().map(([type, value]) => ({
    labels: { type },
    value,
  }));
  return [
    counter("spent_usd_total", "US dollars that the agents have said they cost.", spent.cost_usd),
    counter("spent_tokens_total", "Tokens that the agents have read and written.", ...tokens),
    counter("agent_runs_total", "Runs of agents.", spent.runs),
    counter("task_retries_total", "Times that a task was queued again.", retries),
    counter("events_total", "Events of the journal by type.", ...byType),
  ];
}

type Value = number | Sample;

function gauge(name: string, help: string, ...values: readonly Value[]): Metric {
  return metric("gauge", name, help, values);
}

function counter(name: string, help: string, ...values: readonly Value[]): Metric {
  return metric("counter", name, help, values);
}

function metric(
  type: Metric["type"],
  name: string,
  help: string,
  values: readonly Value[],
): Metric {
  const samples = values.map((each) => typeof each === "number" ? { value: each } : each);
  return { name: `claude_orchestrator_${name}`, type, help, samples };
}
