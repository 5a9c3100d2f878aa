/**
 * What a person or an agent waits for: commands of the built executable as whole processes, from
 * spawn to exit, beside `node -e 0` of the Node that the executable is made of. All commands run in
 * turns, so that a busy moment of the machine falls on all of them.
 *
 *   node scripts/bench/commands.ts [rounds]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startZooKeeper } from "../../tests/support/zookeeper_server.ts";

const [rounds = 25] = process.argv.slice(2).map(Number);

/** Rounds that go before, for the files to be in memory. */
const WARM_UP = 3;

const executable = fileURLToPath(new URL("../../dist/claude-orchestrator", import.meta.url));

/** Tasks in the queue that no round takes away, so that lists have something to show. */
const STANDING_TASKS = 50;

const server = await startZooKeeper();
const home = mkdtempSync(join(tmpdir(), "bench-commands-"));
try {
  const chroot = await server.freshRoot();
  const env = { HOME: home, PATH: process.env["PATH"] ?? "", ZK_HOSTS: server.hosts + chroot };
  measure(env);
} finally {
  rmSync(home, { recursive: true });
  await server.stop();
}

function measure(plain: Record<string, string>): void {
  const member = JSON.parse(run(executable, ["register", "--name", "Bench"], plain).stdout);
  const env = { ...plain, CLAUDE_ORCHESTRATOR_INSTANCE_ID: String(member.id) };
  for (let i = 0; i < STANDING_TASKS; i++) {
    run(executable, ["push-task", "--title", `Standing ${i}`, "--priority", "3"], env);
  }

  const contenders: readonly (readonly [name: string, file: string, args: string[]])[] = [
    ["node -e 0", process.execPath, ["-e", "0"]],
    ["--version", executable, ["--version"]],
    ["--help", executable, ["--help"]],
    ["status", executable, ["status"]],
    ["push-task", executable, ["push-task", "--title", "Measure", "--priority", "1"]],
    ["claim-task", executable, ["claim-task"]],
    ["list-tasks --limit 10", executable, ["list-tasks", "--limit", "10"]],
  ];
  const times = new Map(contenders.map(([name]) => [name, [] as number[]]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [name, file, args] of contenders) {
      const { ms } = run(file, args, env);
      if (round >= 0) times.get(name)?.push(ms);
    }
  }
  print(times);
}

/** Throws where the command fails: a quick refusal must not pass for a quick answer. */
function run(file: string, args: string[], env: Record<string, string>) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(file, args, { env, encoding: "utf8" });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${args.join(" ")}: exit status ${status}: ${stderr}`);
  return { ms, stdout };
}

function print(times: ReadonlyMap<string, readonly number[]>): void {
  const floor = quantile(times.get("node -e 0") ?? [], 0.5);
  const row = (...cells: string[]) =>
    console.log(cells.map((cell, i) => i === 0 ? cell.padEnd(24) : cell.padStart(12)).join(""));
  row("command", "median ms", "p90 ms", "× node -e 0");
  for (const [name, values] of times) {
    const median = quantile(values, 0.5);
    const cells = [median.toFixed(1), quantile(values, 0.9).toFixed(1)];
    row(name, ...cells, (median / floor).toFixed(2));
  }
  console.log(`\n${rounds} rounds, all commands in turns; one ZooKeeper on this machine`);
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * q)] ?? NaN;
}
