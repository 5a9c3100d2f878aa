/**
 * Measures what a claim costs with 100 and with 100,000 tasks pending, on a ZooKeeper of its own (or
 * the one that ZK_HOSTS names), and fails where the ratio of the medians is over 1.5.
 * Run: node scripts/bench/claim_cost.ts (Node 24), or deno run -A scripts/bench/claim_cost.ts
 */
import process from "node:process";
import { startZooKeeper } from "../../tests/support/zookeeper_server.ts";
import { claimer, connectTo, join, PERSON, taskTeam } from "../../tests/support/task_team.ts";

const SIZES = [100, 100_000] as const;
const MAX_RATIO = 1.5;
const CLAIMS = 80;
/** Measured in turns, so that both sizes meet the same moments of a busy machine. */
const TURNS = 10;

const server = await startZooKeeper({ heapMb: 1_024 });
const zk = await connectTo(server.hosts);
const who = claimer("bench");
try {
  const queues = [];
  for (const size of SIZES) {
    const team = taskTeam(zk, await server.freshRoot());
    await join(team, who);
    const began = performance.now();
    for (let pushed = 0; pushed < size; pushed += 10_000) {
      const count = Math.min(10_000, size - pushed);
      await team.queue.pushMany(Array.from({ length: count }, () => ({ title: "A task" })), PERSON);
    }
    const seconds = (performance.now() - began) / 1_000;
    console.log(`Pushed ${size} tasks in ${seconds.toFixed(1)} s`);
    queues.push({ size, queue: team.queue, times: [] as number[] });
  }
  for (const { queue } of queues) await queue.claim(who);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { queue, times } of queues) {
      for (let count = 0; count < CLAIMS / TURNS; count++) {
        const began = performance.now();
        if (await queue.claim(who) === null) throw new Error("Nothing to claim");
        times.push(performance.now() - began);
      }
    }
  }
  const medians = queues.map(({ size, times }) => {
    const median = times.toSorted((a, b) => a - b)[times.length / 2] ?? NaN;
    console.log(`${size} pending: ${median.toFixed(2)} ms a claim (median of ${times.length})`);
    return median;
  });
  const ratio = (medians[1] ?? NaN) / (medians[0] ?? NaN);
  console.log(`Ratio ${ratio.toFixed(2)}, at most ${MAX_RATIO} is allowed`);
  if (!(ratio <= MAX_RATIO)) process.exitCode = 1;
} finally {
  await zk.close();
  await server.stop();
}
