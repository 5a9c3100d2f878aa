import {
  type CampaignOptions,
  Election,
  type LeaderProfile,
  type Term,
} from "../../src/coordination/election.ts";
import type { Team } from "../../src/coordination/team.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { type ChaosProxy, startProxy } from "./chaos_proxy.ts";
import { connectTo } from "./task_team.ts";
import { teamOn } from "./team_on.ts";

/** ms: more than two ticks of the test's server. */
export const SESSION_MS = 1_000;

export interface CandidateOptions {
  /** Default: a host of its own for each name. */
  readonly host?: string;
  readonly pid?: number;
  readonly isAlive?: (pid: number) => boolean;
  readonly sessionTimeoutMs?: number;
  /** Puts a client that misbehaves, or counts, in front of the real one. */
  readonly wrap?: (zk: ZooKeeper) => ZooKeeper;
}

/** What stands for a process that wants to lead: a client of its own, on a network of its own. */
export class CandidateProcess {
  readonly zk: ZooKeeper;
  readonly proxy: ChaosProxy;
  readonly profile: LeaderProfile;
  readonly #root: string;
  readonly #election: Election;

  constructor(
    name: string,
    root: string,
    zk: ZooKeeper,
    proxy: ChaosProxy,
    options: CandidateOptions,
  ) {
    const { host = `host-of-${name}`, pid = 7, isAlive = () => true, wrap = same } = options;
    this.zk = wrap(zk);
    this.proxy = proxy;
    this.profile = { id: InstanceId.parse(name), name, host, pid };
    this.#root = root;
    this.#election = new Election({
      zk: this.zk,
      root,
      clock: systemClock,
      random: systemRandom,
      isAlive,
    });
  }

  campaign(options: Omit<CampaignOptions, "profile"> = {}): Promise<Term> {
    return this.#election.campaign({ profile: this.profile, ...options });
  }

  /** The team as it acts on it in a term, or without one. */
  team(term?: Term): Team {
    return teamOn(this.zk, this.#root, term === undefined ? {} : { fence: term.fence });
  }

  /** As SIGKILL does: the sockets close, and the session is left to expire. */
  die(): void {
    this.proxy.refuse();
    this.proxy.cut();
  }

  async close(): Promise<void> {
    await this.zk.close();
    this.proxy.close();
  }
}

/** Opens them for one team, and closes all of them together, for the end of a test. */
export class Candidates {
  readonly #hosts: string;
  readonly #root: string;
  readonly #open: CandidateProcess[] = [];

  constructor(server: { readonly hosts: string }, root: string) {
    this.#hosts = server.hosts;
    this.#root = root;
  }

  async open(name: string, options: CandidateOptions = {}): Promise<CandidateProcess> {
    const { sessionTimeoutMs = SESSION_MS } = options;
    const proxy = await startProxy(this.#hosts);
    const zk = await connectTo(proxy.hosts, { sessionTimeoutMs, connectTimeoutMs: 20_000 });
    const process = new CandidateProcess(name, this.#root, zk, proxy, options);
    this.#open.push(process);
    return process;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((process) => process.close()));
  }
}

/** Resolves with the reason once a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}

/** Asks again until it is so. Rejects after `withinMs`. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const deadline = systemClock.monotonic() + withinMs;
  while (!await isSo()) {
    if (systemClock.monotonic() > deadline) throw new Error("It did not come so in time");
    await new Promise<void>((resolve) => systemClock.timer(20, resolve));
  }
}

function same(zk: ZooKeeper): ZooKeeper {
  return zk;
}
