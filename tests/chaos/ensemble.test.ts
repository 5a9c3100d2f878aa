import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/candidates.ts";
import { end } from "../support/claimer_processes.ts";
import { asProgram, type CommandShell, openShell } from "../support/command_shell.ts";
import { startPlayedTeam } from "../support/played_team.ts";
import { type QueueLoad, startLoad } from "../support/queue_load.ts";
import type { ServerProcess } from "../support/server_process.ts";
import type { SeenOutage, SteadyPusher } from "../support/steady_pusher.ts";
import { brokenLives } from "../support/task_lives.ts";
import { connectTo, type TaskTeam } from "../support/task_team.ts";
import { EXECUTABLE } from "../support/worker_process.ts";
import {
  type Ensemble,
  prepareEnsemble,
  startEnsemble,
  whyNoEnsemble,
} from "../support/zookeeper_ensemble.ts";

const CREDENTIAL = "team:a long enough password";
/** Tasks that have to be completed between two faults. */
const BETWEEN_FAULTS = 40;

const missing = whyNoEnsemble();
const isSkipped = missing !== null && process.env["CI"] !== "true";
if (isSkipped) console.warn(`Skipped: an ensemble of three: ${missing}`);

describe.skipIf(isSkipped)("an ensemble of three", () => {
  let directory: string;
  let ensemble: Ensemble;
  let shell: CommandShell;
  beforeAll(async () => {
    if (missing !== null) throw new Error(missing);
    directory = mkdtempSync(join(tmpdir(), "ensemble-"));
    const begun = performance.now();
    ensemble = await startEnsemble(3, { tls: { clientAuth: "need" } });
    console.log(`Three servers serve ${since(begun)} after their start`);
    shell = openShell(asProgram(EXECUTABLE), ensemble.hosts);
  });
  afterAll(async () => {
    shell.remove();
    await ensemble.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs a command, with patience for servers that have just started; what it printed, read as JSON. */
  const printed = async (argv: string[], given: Record<string, string>) => {
    const env = { CLAUDE_ORCHESTRATOR_LIMITS_CONNECT_TIMEOUT: "25s", ...given };
    const { status, stdout, stderr } = await shell.start(argv, { env }).ended;
    if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  };

  test("is reached in any order of its members, below a chroot, and by TLS", async () => {
    const root = await ensemble.freshRoot();
    const [one, two, three] = ensemble.members.map(({ hosts }) => hosts);
    const orders = [[one, two, three], [three, one, two], [two, three, one], [three]];
    const pushed = await Promise.all(
      orders.map((order) =>
        printed(["push-task", "--title", "x"], { ZK_HOSTS: order.join(",") + root })
      ),
    );
    const { hosts, options } = ensemble.tls ?? { hosts: "", options: {} };
    const files = Object.entries(options).map(([name, text]) => {
      const path = join(directory, `${name}.pem`);
      writeFileSync(path, text, { mode: 0o600 });
      return [`CLAUDE_ORCHESTRATOR_ZOOKEEPER_TLS_${name.toUpperCase()}`, path];
    });
    const secure = { ZK_HOSTS: hosts + root, ...Object.fromEntries(files) };
    const ids = (tasks: { id: string }[]) => tasks.map(({ id }) => id).sort();
    expect(ids(await printed(["list-tasks"], secure))).toEqual(ids(pushed));
    const whole = { ZK_ROOT_PATH: `${root}/claude-orchestrator` };
    expect(await printed(["status"], whole)).toMatchObject({ tasks: { pending: 4 } });
  }, 180_000);

  test("a server that runs without a majority is passed over", async () => {
    const lonely = await prepareEnsemble(3);
    const [stray, ...away] = lonely.members.map(({ hosts }) => hosts);
    try {
      await lonely.members[0]?.launch();
      await until(async () => (await lonely.roles())[0] === "not_serving", 60_000);
      const alone = shell.start(["status"], { env: { ZK_HOSTS: stray ?? "" } }).ended;
      const hosts = [stray, ...away, ensemble.hosts].join(",");
      // Which of the six comes first is drawn anew by each client.
      const taken = await Promise.all(Array.from({ length: 20 }, async () => {
        const begun = performance.now();
        await (await connectTo(hosts, { connectTimeoutMs: 30_000 })).close();
        return performance.now() - begun;
      }));
      const longest = Math.max(...taken).toFixed(0);
      console.log(`Twenty sessions past one that does not serve, two dead ones: ${longest} ms`);
      const { status, stderr } = await alone;
      expect(status).toBe(5);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: "ZOOKEEPER_UNREACHABLE" } });
    } finally {
      await lonely.stop();
    }
  }, 180_000);

  test(
    "goes on when its leader dies, followers, a majority: nothing lost, nothing doubled",
    async () => {
      const { hosts } = ensemble;
      const root = await ensemble.freshRoot();
      const load = await startLoad({
        hosts,
        root,
        credential: CREDENTIAL,
        pushers: 3,
        claimers: 4,
        directory,
      });
      const led = await startPlayedTeam(hosts + await ensemble.freshRoot(), CREDENTIAL, directory);
      await completed(load.observing, BETWEEN_FAULTS);
      const submitted = [await led.submit("Survive the leader of the ensemble")];
      const { leader } = await ensemble.settled();
      await watch(load, "Killed the leader", leader, () => leader.kill());
      await completed(load.observing, BETWEEN_FAULTS);
      await leader.start();

      submitted.push(await led.submit("Survive a follower"));
      const follower = await usedFollower(load);
      await watch(load, "Killed a follower", follower, () => follower.kill());
      await completed(load.observing, BETWEEN_FAULTS);
      await follower.start();

      const silent = await usedFollower(load);
      await watch(load, "Silenced a follower", silent, () => silent.pause());
      await completed(load.observing, BETWEEN_FAULTS);
      await silent.resume();

      submitted.push(await led.submit("Survive the majority"));
      await killMajority(load, async () => {
        led.leader.kill();
        await Promise.all(load.claimers.slice(0, 2).map((claimer) => end(claimer, "SIGKILL")));
      });
      await completed(load.observing, BETWEEN_FAULTS);

      for (const id of submitted) {
        expect((await led.settled(id)).requirement).toMatchObject({ status: "completed" });
      }
      expect(await led.findings()).toEqual([]);
      await expectOnce(load);
      // The tree is closed to whoever comes without the credential.
      const env = { ZK_ROOT_PATH: root };
      const { status, stderr } = await shell.start(["list-tasks"], { env }).ended;
      expect(status).toBe(6);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: "NOT_ALLOWED" } });
    },
    240_000,
  );

  /** A follower that a pusher is connected to, where there is one. */
  async function usedFollower({ pushers }: QueueLoad): Promise<ServerProcess> {
    const { followers } = await ensemble.settled();
    const used = pushers.map(({ server }) => server);
    const follower = followers.find(({ hosts }) => used.includes(hosts)) ?? followers[0];
    if (follower === undefined) throw new Error("Nobody follows");
    return follower;
  }

  /** Says for how long who could push nothing while something was done to a server. */
  async function watch(
    { pushers }: QueueLoad,
    what: string,
    victim: ServerProcess,
    fault: () => Promise<void>,
  ): Promise<void> {
    const outages = await atWork(pushers);
    await fault();
    const seen = await Promise.all(outages.map((outage) => outage()));
    console.log(`${what}: ${seen.map((each) => told(each, [victim])).join(", ")}`);
  }

  /** Kills two of three, for longer than the sessions last; then starts them again. */
  async function killMajority(
    load: QueueLoad,
    meanwhile: () => Promise<void>,
  ): Promise<void> {
    const { clients, pushers } = load;
    const { leader, followers } = await ensemble.settled();
    const victims = [leader, ...followers.slice(0, 1)];
    const outages = await atWork(pushers);
    await Promise.all(victims.map((victim) => victim.kill()));
    await until(() => clients.every(({ state }) => state !== "connected"), 60_000);
    const before = pushers.map(({ pushed }) => pushed.size);
    await meanwhile();
    await expectRefusals();
    await until(() => clients.every(({ state }) => state === "expired"), 60_000);
    expect((await ensemble.roles()).sort()).toEqual(["down", "down", "not_serving"]);
    expect(pushers.map(({ pushed }) => pushed.size)).toEqual(before);
    const restarted = performance.now();
    await Promise.all(victims.map((victim) => victim.start()));
    console.log(`Both serve ${since(restarted)} after their start`);
    const seen = await Promise.all(outages.map((outage) => outage()));
    console.log(
      `Killed a majority: ${seen.map((each) => told(each, victims)).join(", ")}; ` +
        `all push ${since(restarted)} after the start of both`,
    );
  }

  /** Commands say that they cannot, in their time. */
  async function expectRefusals(): Promise<void> {
    const env = { CLAUDE_ORCHESTRATOR_ZOOKEEPER_AUTH: CREDENTIAL };
    const commands = [["status"], ["push-task", "--title", "Not now"], ["list-tasks"]];
    const times = await Promise.all(commands.map(async (argv) => {
      const begun = performance.now();
      const { status, stderr } = await shell.start(argv, { env }).ended;
      const ms = performance.now() - begun;
      expect(status).toBe(5);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: "ZOOKEEPER_UNREACHABLE" } });
      expect(ms).toBeLessThan(20_000);
      return `${argv[0]} after ${ms.toFixed(0)} ms`;
    }));
    console.log(`Without a majority they give up: ${times.join(", ")}`);
  }
});

/** Begins to watch an outage, and waits until the pushers are in the middle of it. */
async function atWork(pushers: readonly SteadyPusher[]): Promise<(() => Promise<SeenOutage>)[]> {
  const count = () => pushers.reduce((sum, { pushed }) => sum + pushed.size, 0);
  const before = count();
  const outages = pushers.map((pusher) => pusher.watch());
  await until(() => count() >= before + 10, 60_000);
  return outages;
}

/** Waits until so many more tasks have been completed. */
async function completed({ queue }: TaskTeam, more: number): Promise<void> {
  const { completed: before } = await queue.counts();
  await until(async () => (await queue.counts()).completed >= before + more, 60_000);
}

/** That each push that was answered is one task, completed once, by its claim; and no other is there. */
async function expectOnce({ observing, pushers, claimers }: QueueLoad): Promise<void> {
  await Promise.all(pushers.map((pusher) => pusher.stop()));
  const { queue, journal } = observing;
  await until(async () => {
    const { pending, claimed, in_progress } = await queue.counts();
    return pending + claimed + in_progress === 0;
  }, 180_000);
  await Promise.all(claimers.map((claimer) => end(claimer, "SIGTERM")));
  expect(claimers.map(({ errors }) => errors).join("")).toBe("");

  const { tasks } = await queue.list();
  const events = await journal.read();
  const idsByTitle = new Map(tasks.map(({ title, id }) => [title, id]));
  const answered = pushers.flatMap(({ pushed }) => [...pushed]);
  const unsure = pushers.flatMap((pusher) => pusher.unsure);
  const recovered = events.filter(({ type }) => type === "task_recovered").length;
  console.log(
    `${answered.length} tasks pushed, ${unsure.length} pushes given up, ${recovered} recovered`,
  );
  expect(idsByTitle.size).toBe(tasks.length);
  expect(answered.filter(([title, id]) => idsByTitle.get(title) !== id)).toEqual([]);
  const known = new Set([...answered.map(([title]) => title), ...unsure]);
  expect(tasks.filter(({ title }) => !known.has(title))).toEqual([]);
  expect(tasks.filter(({ status }) => status !== "completed")).toEqual([]);
  expect(brokenLives(events)).toEqual([]);
  expect(await queue.audit()).toMatchObject({ tasks: tasks.length, findings: [], corrupt: [] });
}

function since(moment: number): string {
  return `${((performance.now() - moment) / 1000).toFixed(1)} s`;
}

function told({ server, ms }: SeenOutage, victims: readonly ServerProcess[]): string {
  const where = victims.some(({ hosts }) => hosts === server) ? "it" : "another";
  return `${ms.toFixed(0)} ms (connected to ${where})`;
}
