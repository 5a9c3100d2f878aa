import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram } from "../support/bundled_program.ts";
import { until } from "../support/candidates.ts";
import { reignsIn, upTo } from "../support/led_writes.ts";
import { useClient } from "../support/live.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const SESSION_MS = 2_000;
/** Two seconds after the session's end, and more on a machine that is busy with other suites. */
const TAKEOVER_MS = SESSION_MS + 2_000 + 10_000;

/** A candidate's process, and what it said. */
interface LeaderProcess {
  readonly child: ChildProcess;
  readonly said: string[];
  /** What it wrote to stderr: empty unless it failed. */
  errors: string;
}

describeWithZooKeeper("Leaders in processes of their own", (server) => {
  const zk = useClient(server);
  let directory = "";
  let program = "";
  const started: LeaderProcess[] = [];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "leaders-"));
    program = join(directory, "leader.mjs");
    await bundleProgram("../chaos/leader_process.ts", program);
  });
  afterAll(async () => {
    await Promise.all(started.map(({ child }) => kill(child)));
    await rm(directory, { recursive: true });
  });

  function start(root: string, name: string): LeaderProcess {
    const child = spawn(
      process.execPath,
      [program, server.hosts, root, name, String(SESSION_MS)],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const leader: LeaderProcess = { child, said: [], errors: "" };
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { says, epoch } = JSON.parse(line) as { says: string; epoch: number };
      leader.said.push(`${says} ${epoch}`);
    });
    child.stderr.on("data", (chunk) => leader.errors += String(chunk));
    started.push(leader);
    return leader;
  }

  const hasSaid = ({ said }: LeaderProcess, what: string) => () => said.includes(what);

  test(
    "stopped for longer than its session, the old one writes nothing more; killed, the next one follows",
    async () => {
      const root = await server.freshRoot();
      const { context, journal } = teamOn(zk, root);
      const counter = async () => (await context.get("counter"))?.version ?? 0;
      const tom = start(root, "tom");
      await until(hasSaid(tom, "leads 1"));
      const jerry = start(root, "jerry");
      await until(async () => (await zk.getChildren(`${root}/election`)).children.length === 2);
      await until(async () => await counter() > 20);

      tom.child.kill("SIGSTOP");
      const stopped = performance.now();
      await until(hasSaid(jerry, "leads 2"));
      const first = performance.now() - stopped;
      const before = await counter();
      await until(async () => await counter() > before + 20);
      tom.child.kill("SIGCONT");
      await until(hasSaid(tom, "refused 1"));
      await until(async () => (await zk.getChildren(`${root}/election`)).children.length === 2);
      expect(tom.said).toEqual(["queues 0", "leads 1", "refused 1", "queues 0"]);

      await kill(jerry.child);
      const killed = performance.now();
      await until(hasSaid(tom, "leads 3"));
      const second = performance.now() - killed;
      const after = await counter();
      await until(async () => await counter() > after + 20);
      await kill(tom.child);

      console.log(
        `A session of ${SESSION_MS} ms: after SIGSTOP the next Leader within ${
          Math.round(first)
        } ms, ` +
          `after SIGKILL within ${Math.round(second)} ms`,
      );
      const counted = await counter();
      const { epochs, writes, strays } = reignsIn(await journal.read());
      expect(strays).toEqual([]);
      expect(epochs).toEqual(upTo(3));
      expect(writes).toBeGreaterThanOrEqual(counted);
      expect(Math.max(first, second)).toBeLessThan(TAKEOVER_MS);
      expect([tom.errors, jerry.errors]).toEqual(["", ""]);
    },
    180_000,
  );
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
