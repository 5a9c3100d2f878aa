import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { buildClaimer, type ClaimerProcess, end, startClaimer } from "./claimer_processes.ts";
import { asUser } from "./closed_tree.ts";
import { SteadyPusher } from "./steady_pusher.ts";
import { connectTo, type TaskTeam, taskTeam } from "./task_team.ts";

export interface LoadOptions {
  readonly hosts: string;
  readonly root: string;
  /** `user:password`, for which alone the tree is made. */
  readonly credential: string;
  readonly pushers: number;
  readonly claimers: number;
  /** For the claimers' program. */
  readonly directory: string;
}

/** Pushers of this process and claimers in processes of their own, at work on one queue. */
export interface QueueLoad {
  /** The queue on a client that only looks. */
  readonly observing: TaskTeam;
  readonly pushers: readonly SteadyPusher[];
  readonly claimers: readonly ClaimerProcess[];
  /** Clients of this process: the pushers', and the one that looks. */
  readonly clients: readonly ZooKeeper[];
}

/** ms: short, so that sessions end in an outage. */
const SESSION_MS = 4_000;

/** Starts it; it ends with the running test, the claimers by SIGKILL. */
export async function startLoad(options: LoadOptions): Promise<QueueLoad> {
  const { hosts, root, credential, directory } = options;
  const program = join(directory, "claimer.mjs");
  await buildClaimer(program);
  const connection = {
    sessionTimeoutMs: SESSION_MS,
    connectTimeoutMs: 30_000,
    ...await asUser(credential),
  };
  const observer = await connectTo(hosts, connection);
  const others = await Promise.all(
    Array.from({ length: options.pushers }, () => connectTo(hosts, connection)),
  );
  const pushers = others.map((zk, index) => new SteadyPusher(taskTeam(zk, root), `p${index}`));
  const claimers = Array.from(
    { length: options.claimers },
    (_, index) =>
      startClaimer(program, hosts, root, `w${index}`, { sessionMs: SESSION_MS, credential }),
  );
  const clients = [observer, ...others];
  onTestFinished(async () => {
    await Promise.all(claimers.map((claimer) => end(claimer, "SIGKILL")));
    await Promise.all(pushers.map((pusher) => pusher.stop()));
    await Promise.all(clients.map((zk) => zk.close()));
  });
  await Promise.all(claimers.map(({ ready }) => ready));
  for (const pusher of pushers) pusher.start();
  return { observing: taskTeam(observer, root), pushers, claimers, clients };
}
