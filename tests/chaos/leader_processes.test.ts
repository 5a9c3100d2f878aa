import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Requirement } from "../../src/domain/requirement.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import { until } from "../support/candidates.ts";
import { startLeaderProcess } from "../support/leader_process.ts";
import { type LedTeam, observer } from "../support/led_team.ts";
import { useClient } from "../support/live.ts";
import { FIVE_LINKS } from "../support/scripted_agent.ts";
import { teamOn } from "../support/team_on.ts";
import { type Place, startWorkerProcess, type WorkerProcess } from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const SESSION_MS = 2_000;
const LINKS = ["plan", "build", "verify", "review", "accept"];

/**
 * Stands for every agent. It writes down what it was asked (a file a run, `decide-task-…-1.<pid>`),
 * waits where a file says so, and answers by what it was asked.
 */
const AGENT = `#!/bin/sh
prompt=$(cat)
ask() { printf '%s' "$prompt" | grep -q "$1"; }
if ask 'Turn this requirement into work'; then
  what=decompose; answer=$(cat "$PLAY/plan.json")
elif ask 'has finished the \\*\\*'; then
  link=$(printf '%s' "$prompt" | grep -o -m1 'has finished the \\*\\*[a-z]*' | sed 's/.*\\*//')
  what=decide-$link; answer='{"decision": "pass", "reason": "All is shown"}'
else
  link=$(printf '%s' "$prompt" | grep -o -m1 'This is the \\*\\*[a-z]*' | sed 's/.*\\*//')
  what=$link; answer='Status: done
Summary: it is done
Verdict: pass'
fi
: > "$PLAY/runs/$what.$$"
while [ -e "$PLAY/hold/$what" ]; do sleep 0.05; done
printf '%s\\n' "$answer"
`;

describeWithZooKeeper("a Leader process and its standby", (server) => {
  const zk = useClient(server);
  let directory: string;
  let hosts: string;
  let led: Pick<LedTeam, "team" | "submit" | "settled" | "events" | "findings">;
  let processes: WorkerProcess[];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "chaos-leader-"));
    for (const name of ["runs", "hold"]) mkdirSync(join(directory, name));
    writeFileSync(join(directory, "agent.sh"), AGENT, { mode: 0o755 });
    writeFileSync(join(directory, "plan.json"), JSON.stringify({ chains: [FIVE_LINKS] }));
    const root = await server.freshRoot();
    hosts = server.hosts + root;
    processes = [];
    led = observer(
      teamOn(zk, `${root}/claude-orchestrator`),
      () => processes.map((each) => `${each.name}:\n${each.output()}`),
      80_000,
    );
  });
  afterEach(async () => {
    for (const each of processes) each.kill();
    await Promise.all(processes.map(({ ended }) => ended));
    rmSync(directory, { recursive: true, force: true });
  });

  const place = (name: string): Place => {
    const cwd = join(directory, name);
    mkdirSync(cwd, { recursive: true });
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: cwd,
      PLAY: directory,
      ZK_HOSTS: hosts,
      CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: `${SESSION_MS}ms`,
    };
    return { cwd, env };
  };
  const agent = () => ["--command", join(directory, "agent.sh")];
  const begin = (started: WorkerProcess) => {
    processes.push(started);
    return started;
  };
  const lead = (name: string, ...more: string[]) =>
    begin(startLeaderProcess(place(name), name, ...agent(), ...more));
  const work = (name: string) => begin(startWorkerProcess(place(name), name, ...agent()));

  const hold = (what: string) => writeFileSync(join(directory, "hold", what), "");
  const letGo = (what: string) => rmSync(join(directory, "hold", what), { force: true });
  const runsOf = (what: string) =>
    readdirSync(join(directory, "runs")).filter((name) => name.startsWith(`${what}.`)).length;
  const begun = (what: string, times = 1) => until(() => runsOf(what) >= times, 60_000);

  /** A Leader, a standby behind it, and two Workers. */
  async function start() {
    const first = lead("first", "--standby");
    await first.printed("leads the team");
    const second = lead("second", "--standby");
    const workers = [work("ann"), work("bob")];
    await Promise.all(workers.map((worker) => worker.printed("at work in")));
    await until(async () => (await led.team.members.list()).length === 4);
    return { first, second };
  }

  /** That all was done, and each thing once, but for what a death made to be asked again. */
  async function expectOnce(
    requirement: Requirement,
    again: Record<string, number> = {},
  ): Promise<void> {
    expect(requirement).toMatchObject({ status: "completed", reason: null });
    const asked = ["decompose", ...LINKS, ...LINKS.map((link) => `decide-${link}`)];
    const runs = Object.fromEntries(asked.map((what) => [what, runsOf(what)]));
    const once = Object.fromEntries(asked.map((what) => [what, again[what] ?? 1]));
    expect(runs).toEqual(once);
    const types = ["requirement_planned", "chain_opened", "chain_completed"] as const;
    expect((await led.events(...types)).map(({ type }) => type)).toEqual(types);
    expect(await led.events("decision_stored")).toHaveLength(5);
    expect(await led.events("task_passed")).toHaveLength(5);
    expect(await led.findings()).toEqual([]);
  }

  const stages: [string, string, Record<string, number>][] = [
    ["while it decomposes", "decompose", { decompose: 2 }],
    ["while a link is worked on", "build", {}],
    ["while it decides on the first link", "decide-plan", { "decide-plan": 2 }],
    ["while it decides on the last link", "decide-accept", { "decide-accept": 2 }],
  ];
  test.each(stages)("killed %s, is followed by the standby", async (_, what, again) => {
    hold(what);
    const { first, second } = await start();
    const id = await led.submit("Make it so");
    await begun(what);
    first.kill();
    await first.ended;
    const killed = performance.now();
    await second.printed("leads the team");
    const tookMs = performance.now() - killed;
    if (again[what] !== undefined) await begun(what, 2);
    letGo(what);
    const { requirement } = await led.settled(id);
    await expectOnce(requirement, again);
    // On one machine a dead process is seen at once; else it is the session that ends.
    expect(tookMs).toBeLessThan(SESSION_MS + 15_000);
  }, 180_000);

  test("killed before it is asked for anything, is followed by the standby", async () => {
    const { first } = await start();
    first.kill();
    const { requirement } = await led.settled("Make it so");
    await expectOnce(requirement);
  }, 180_000);

  test(
    "stopped for longer than its session, changes nothing when it wakes, and is a standby",
    async () => {
      hold("decide-build");
      const { first, second } = await start();
      const id = await led.submit("Make it so");
      await begun("decide-build");
      process.kill(first.pid, "SIGSTOP");
      await second.printed("leads the team");
      await begun("decide-build", 2);
      letGo("decide-build");
      // The answer that the first one asked for is there too when it wakes.
      process.kill(first.pid, "SIGCONT");
      await first.printed("is over");
      const { requirement } = await led.settled(id);
      await expectOnce(requirement, { "decide-build": 2 });
      const elected = await led.events("leader_elected");
      expect(elected.map(({ by_name }) => by_name)).toEqual(["first", "second"]);
      const [from] = elected.slice(1);
      const strays = (await led.team.journal.read()).filter(({ id: event, by_name, type }) =>
        event > (from?.id ?? "") && by_name === "first" && !/^member_/.test(type)
      );
      expect(strays).toEqual([]);
      // It stands behind the other one, and takes over in its turn.
      second.kill();
      await until(async () => (await led.events("leader_elected")).length === 3, 60_000);
      expect((await led.settled("And this")).requirement.status).toBe("completed");
    },
    180_000,
  );

  test("deposed without a queue to go back to, ends with the status of a conflict", async () => {
    const first = lead("first");
    await first.printed("leads the team");
    const second = lead("second", "--standby");
    await until(async () => (await led.team.members.list()).length === 2);
    process.kill(first.pid, "SIGSTOP");
    await second.printed("leads the team");
    process.kill(first.pid, "SIGCONT");
    expect(await first.ended).toEqual({ code: 4, signal: null });
    expect(first.output()).toContain("LEADER_EXISTS");
  }, 180_000);

  test("killed at any moment, again and again, loses and doubles nothing", async () => {
    const seed = Math.floor(systemClock.now()) % 1_000_000;
    const random = new SeededRandom(seed);
    let { first: leader, second: standby } = await start();
    let deaths = 0;
    for (let round = 0; round < 3; round++) {
      const id = await led.submit(`Requirement ${round}`);
      let isOver = false;
      const settled = led.settled(id).finally(() => isOver = true);
      while (!isOver && deaths < 3 * (round + 1)) {
        await pause(random.next() * 800);
        leader.kill();
        deaths++;
        [leader, standby] = [standby, lead(`leader-${deaths}`, "--standby")];
        await leader.printed("leads the team");
      }
      const { requirement, chains } = await settled;
      expect(requirement.status, `seed ${seed}`).toBe("completed");
      expect(chains.map(({ status }) => status)).toEqual(["completed"]);
    }
    const runs = Object.fromEntries(LINKS.map((link) => [link, runsOf(link)]));
    const asked = LINKS.map((link) => runsOf(`decide-${link}`)).reduce((sum, each) => sum + each);
    console.log(`seed ${seed}: ${deaths} Leaders killed, ${asked} decisions asked for 15 reports`);
    expect(runs).toEqual(Object.fromEntries(LINKS.map((link) => [link, 3])));
    expect(await led.events("decision_stored")).toHaveLength(15);
    expect(await led.events("task_passed")).toHaveLength(15);
    expect(asked).toBeLessThanOrEqual(15 + deaths);
    expect(await led.findings()).toEqual([]);
  }, 180_000);
});
