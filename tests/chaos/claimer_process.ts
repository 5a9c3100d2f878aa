/**
 * One claimer in a process of its own: claims and completes until it is told to stop (SIGTERM), or is
 * killed in the middle of anything. Says on stdout, one JSON line each, what it has claimed so far.
 * Arguments: hosts, root, name.
 */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { claimer, connectTo, holderOf, join, taskTeam } from "../support/task_team.ts";

/** ms that a task takes at most, so that a kill finds work in progress. */
const MAX_WORK_MS = 30;

const [hosts = "", root = "", name = ""] = process.argv.slice(2);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

const zk = await connectTo(hosts, { sessionTimeoutMs: 2_000, connectTimeoutMs: 30_000 });
const team = taskTeam(zk, root);
const who = claimer(name);
await join(team, who);
process.stdout.write(`${JSON.stringify({ ready: true, ...team.queue.statistics })}\n`);
try {
  for (;;) {
    const task = await team.queue.waitForWork(who, {}, stop.signal);
    const holder = holderOf(who, task);
    await team.queue.start(task.id, holder);
    await pause(Math.random() * MAX_WORK_MS);
    await team.queue.complete(task.id, holder, { result: `by ${name}` });
    process.stdout.write(`${JSON.stringify(team.queue.statistics)}\n`);
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
await zk.close();
