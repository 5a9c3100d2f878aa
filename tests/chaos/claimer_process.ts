/**
 * One claimer in a process of its own: claims and completes until it is told to stop (SIGTERM), or is
 * killed in the middle of anything; ends at once with whoever started it, whose pipe its stdin is. Says on stdout, one JSON line each, what it has claimed so far.
 * Arguments: hosts, root, name, session timeout in ms, and the `user:password` of a tree that is closed.
 */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { sessionOf } from "../../src/coordination/candidacy.ts";
import { isLoss } from "../../src/coordination/losses.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Task } from "../../src/domain/task.ts";
import { isZooKeeperError } from "../../src/zookeeper/errors.ts";
import { asUser } from "../support/closed_tree.ts";
import { claimer, connectTo, holderOf, join, taskTeam } from "../support/task_team.ts";

/** ms that a task takes at most, so that a kill finds work in progress. */
const MAX_WORK_MS = 30;

const [hosts = "", root = "", name = "", timeout = "", credential] = process.argv.slice(2);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
process.stdin.resume().once("close", () => process.exit(1)).unref();

const zk = await connectTo(hosts, {
  sessionTimeoutMs: Number(timeout),
  connectTimeoutMs: 30_000,
  ...await asUser(credential),
});
const team = taskTeam(zk, root);
const who = claimer(name);
await joinAtLast();
zk.onStateChange(({ state, isNewSession }) => {
  if (state === "connected" && isNewSession) void joinAtLast();
});
process.stdout.write(`${JSON.stringify({ ready: true, ...team.queue.statistics })}\n`);
try {
  for (;;) {
    const task = await team.queue.waitForWork(who, {}, stop.signal);
    await work(task).catch(passLostClaim);
    process.stdout.write(`${JSON.stringify(team.queue.statistics)}\n`);
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
await zk.close();

async function work(task: Task): Promise<void> {
  const holder = holderOf(who, task);
  await team.queue.start(task.id, holder);
  await pause(Math.random() * MAX_WORK_MS);
  await team.queue.complete(task.id, holder, { result: `by ${name}` });
}

/** Its session was lost, and its work was taken: somebody else does it. */
function passLostClaim(error: unknown): void {
  if (!(error instanceof OrchestratorError) || error.code !== "CLAIM_LOST") throw error;
}

/** As a Worker does: the same name again, as soon as the node of the old session is gone. */
async function joinAtLast(): Promise<void> {
  for (;;) {
    try {
      return await join(team, who);
    } catch (error) {
      if (isZooKeeperError(error, "NODE_EXISTS") && await isJoined()) return;
      if (!isZooKeeperError(error, "NODE_EXISTS") && !isLoss(error)) throw error;
    }
    await pause(100);
  }
}

/** Whether a reply that was lost had made it a member. */
async function isJoined(): Promise<boolean> {
  const node = await zk.exists(team.store.tree.path("instances", who.id)).catch(() => null);
  return sessionOf(node) === zk.sessionId;
}
