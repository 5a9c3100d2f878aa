/**
 * Measures the time from the end of one link's agent to the start of the next one's, without what the
 * decision's own agent takes: a Leader and five Workers in processes of their own, with agents that
 * answer at once. Fails where 95 % of the hops take longer than MAX_P95_MS.
 * Run: npm run bench leader_hops, after a build
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { isSettled } from "../../src/domain/requirement.ts";
import { startLeaderProcess } from "../../tests/support/leader_process.ts";
import { connectTo, PERSON } from "../../tests/support/task_team.ts";
import { teamOn } from "../../tests/support/team_on.ts";
import { startWorkerProcess } from "../../tests/support/worker_process.ts";
import { startZooKeeper } from "../../tests/support/zookeeper_server.ts";

const MAX_P95_MS = 100;
/** Requirements, one after the other, and those at the beginning that are not counted. */
const REQUIREMENTS = 20;
const WARM_UP = 2;
/** Starts of a shell that are measured beside. */
const STARTS = 40;
const LINKS = ["plan", "build", "verify", "review", "accept"];
const ROLES = ["planner", "builder", "verifier", "reviewer", "accepter"];

/** Writes down when it began and when it was about to end, in ns, and what it was asked. */
const AGENT = `#!/bin/sh
began=$(date +%s%N)
prompt=$(cat)
case $prompt in
  *'Turn this requirement into work'*) what=decompose; answer=$(cat "$PLAY/plan.json") ;;
  *'has finished the **'*)
    rest=\${prompt#*has finished the \\*\\*}; what=decide-\${rest%%\\**}
    answer='{"decision": "pass", "reason": "All is shown"}' ;;
  *) rest=\${prompt#*This is the \\*\\*}; what=\${rest%%\\**}
    answer='Status: done
Summary: it is done
Verdict: pass' ;;
esac
echo "$what $began $(date +%s%N)" >> "$PLAY/log"
echo "$answer"
`;

/** One run of an agent, in ms since 1970. */
interface Run {
  readonly what: string;
  readonly began: number;
  readonly ended: number;
}

const directory = mkdtempSync(join(tmpdir(), "leader-hops-"));
const server = await startZooKeeper();
const zk = await connectTo(server.hosts);
const root = await server.freshRoot();
const team = teamOn(zk, `${root}/claude-orchestrator`);
const link = { title: "A link", description: "What it is to do", criteria: "It is there" };
const plan = {
  chains: [{ title: "All", links: Object.fromEntries(LINKS.map((each) => [each, link])) }],
};
writeFileSync(join(directory, "agent.sh"), AGENT, { mode: 0o755 });
writeFileSync(join(directory, "plan.json"), JSON.stringify(plan));

const place = (name: string) => {
  const cwd = join(directory, name);
  mkdirSync(cwd, { recursive: true });
  const PATH = process.env["PATH"] ?? "";
  return { cwd, env: { PATH, HOME: cwd, PLAY: directory, ZK_HOSTS: server.hosts + root } };
};
const command = ["--command", join(directory, "agent.sh")];
const leader = startLeaderProcess(place("boss"), "boss", ...command);
const workers = ROLES.map((role) =>
  startWorkerProcess(place(role), role, "--role", role, ...command)
);
try {
  await Promise.all([
    leader.printed("leads the team"),
    ...workers.map((worker) => worker.printed("at work in")),
  ]);
  const hops: number[] = [];
  for (let count = 0; count < REQUIREMENTS; count++) {
    writeFileSync(join(directory, "log"), "");
    await settle();
    if (count >= WARM_UP) hops.push(...hopsIn(readRuns()));
  }
  const starts = Array.from({ length: STARTS }, startOfShell);
  console.log(`A start of the agents' shell alone: ${summary(starts)}; each hop has two of them`);
  console.log(
    `${hops.length} hops from link to link: ${summary(hops)}; ` +
      `at most ${MAX_P95_MS} ms (p95) is allowed`,
  );
  if (!(percentile(hops, 0.95) <= MAX_P95_MS)) process.exitCode = 1;
} finally {
  for (const each of [...workers, leader]) each.interrupt();
  await Promise.all([...workers, leader].map(({ ended }) => ended));
  await zk.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}

/** ms until a process of the agents' kind has begun: what no orchestration can save. */
function startOfShell(): number {
  const before = performance.timeOrigin + performance.now();
  const { stdout } = spawnSync("sh", ["-c", "date +%s%N"], { encoding: "utf8" });
  return Number(stdout) / 1e6 - before;
}

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
}

function summary(times: readonly number[]): string {
  const at = (share: number) => `${percentile(times, share).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)}`;
}

/** Submits one requirement, and waits until it is done. */
async function settle(): Promise<void> {
  const { id } = await team.requirements.submit({ content: "Make it so" }, PERSON);
  for await (const requirement of team.requirements.watch(id, AbortSignal.timeout(30_000))) {
    if (requirement.status === "completed") return;
    if (isSettled(requirement)) throw new Error(`It ended as ${requirement.status}`);
  }
  throw new Error(`It was not done in time:\n${leader.output()}`);
}

function readRuns(): Run[] {
  return readFileSync(join(directory, "log"), "utf8").trim().split("\n").map((line) => {
    const [what = "", began = "", ended = ""] = line.split(" ");
    return { what, began: Number(began) / 1e6, ended: Number(ended) / 1e6 };
  });
}

/** From each link to the next, without the decision in between. */
function hopsIn(runs: readonly Run[]): number[] {
  const run = (what: string) => {
    const found = runs.find((each) => each.what === what);
    if (found === undefined) throw new Error(`No run of ${what}`);
    return found;
  };
  return LINKS.slice(1).map((next, index) => {
    const before = LINKS[index] ?? "";
    const decision = run(`decide-${before}`);
    return run(next).began - run(before).ended - (decision.ended - decision.began);
  });
}
