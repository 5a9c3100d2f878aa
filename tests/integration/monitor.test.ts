import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import type { JournalEvent } from "../../src/domain/event.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { type Board, officeOf } from "../../src/monitor/board.ts";
import type { WatchedTeam } from "../../src/monitor/first_reading.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { answer, ChainTeam, COST, planOf } from "../support/chain_team.ts";
import { startProxy } from "../support/chaos_proxy.ts";
import { claimer, connectTo, holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const SELF = {
  id: InstanceId.parse("ada"),
  name: "Ada",
  cacheDir: "/cache",
  budgetUsd: null,
  budgetTokens: null,
};
const alive = { isAlive: () => true };

/** Something that waits until it is let go on. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A monitor that is followed, and what it told. */
class Watched {
  readonly events: JournalEvent[] = [];
  readonly #stop: AbortController;
  readonly #following: Promise<void>;
  readonly monitor: Monitor;

  private constructor(monitor: Monitor, stop: AbortController) {
    this.monitor = monitor;
    this.#stop = stop;
    monitor.onEvent((event) => this.events.push(event));
    this.#following = monitor.follow();
  }

  static async open(team: WatchedTeam): Promise<Watched> {
    const stop = new AbortController();
    const monitor = await Monitor.open({
      team,
      clock: systemClock,
      self: SELF,
      hosts: "zk:2181",
      signal: stop.signal,
    });
    return new Watched(monitor, stop);
  }

  get board(): Board {
    return this.monitor.board;
  }

  /** Resolves with the first board, from now on, of which this is true. */
  until(isTrue: (board: Board) => boolean): Promise<Board> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isTrue(this.board)) return;
        unsubscribe();
        resolve(this.board);
      };
      const unsubscribe = this.monitor.onChange(look);
      look();
    });
  }

  /** Resolves when an event of this id was told. */
  told(id: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.events.some((event) => event.id >= id)) return resolve();
      const unsubscribe = this.monitor.onEvent((event) => {
        if (event.id < id) return;
        unsubscribe();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}

describeWithZooKeeper("the monitor", (server) => {
  let zk: ZooKeeper;
  let team: Team;
  let root: string;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    zk = await connectTo(server.hosts);
  });
  afterAll(() => zk.close());
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const watch = async (of: WatchedTeam = team) => {
    const watched = await Watched.open(of);
    cleanups.push(() => watched.close());
    return watched;
  };

  /** Works on tasks as a few members do, in all the ways that a claim can end. */
  async function bustle(rounds: number, seed = 0): Promise<void> {
    const who = claimer("worker");
    await team.members.register({ ...profile("worker"), role: "general" });
    for (let round = 0; round < rounds; round++) {
      await team.tasks.pushMany([{ title: `a ${round}` }, { title: `b ${round}` }], PERSON);
      const task = await team.tasks.claim(who);
      if (task === null) throw new Error("Nothing to claim");
      const holder = holderOf(who, task);
      if ((round + seed) % 5 === 0) await team.tasks.block(task.id, holder, "no key");
      else if ((round + seed) % 5 === 1) await team.tasks.fail(task.id, holder, "broken");
      else if ((round + seed) % 5 === 2) await team.tasks.release(task.id, holder, "later");
      else if ((round + seed) % 5 === 3) await team.tasks.start(task.id, holder);
      else await team.tasks.complete(task.id, holder, { result: "done", spent: COST });
    }
  }

  const agreed = async (watched: Watched) => {
    await watched.told(await team.journal.head());
    expect(watched.board.tasks.counts).toEqual(await team.tasks.counts());
  };

  test("shows what is there when it is opened", async () => {
    await bustle(10);
    await team.members.attach({ ...profile("bob"), role: "builder" }, alive);
    const { board } = await watch();
    expect(board.tasks.counts).toEqual(await team.tasks.counts());
    expect(board.members.map(({ name }) => name)).toEqual(["bob", "worker"]);
    expect(board.tasks.rows.blocked).toMatchObject([{ reason: "no key" }, { reason: "no key" }]);
    expect(board.tasks.rows.in_progress[0]).toMatchObject({ by: "worker", isRead: true });
    expect(board.tasks.rows.pending[0]?.title).toBe(
      (await team.overview.upcoming(1))[0]?.title,
    );
    expect(board.events.at(-1)?.id).toBe(await team.journal.head());
    expect(officeOf(board)).toBe("standby");
  });

  test("of a team without anything shows that", async () => {
    const { board } = await watch();
    expect(board).toMatchObject({ leader: null, members: [], chains: [], events: [], pause: null });
  });

  test("counts exactly though much happens while it is opened", async () => {
    await bustle(5);
    const busy = bustle(40, 2);
    const several = await Promise.all([watch(), watch(), watch()]);
    await busy;
    for (const watched of several) await agreed(watched);
  });

  test("counts what happens between the reading of the index and the end of the opening", async () => {
    await bustle(5);
    const { overview } = team;
    const watched = await watch({
      ...team,
      overview: {
        read: (ids) => overview.read(ids),
        upcoming: (limit) => overview.upcoming(limit),
        idsByStatus: async () => {
          const ids = await overview.idsByStatus();
          await bustle(6, 3);
          return ids;
        },
      },
    });
    expect(watched.board.tasks.counts).not.toEqual(await team.tasks.counts());
    await agreed(watched);
  });

  test("tells each event once, in order, from its opening on", async () => {
    await bustle(3);
    const head = await team.journal.head();
    const watched = await watch();
    await bustle(20);
    await agreed(watched);
    const expected = await team.journal.read({ since: head });
    expect(watched.events.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  test("completes by its record what an event leaves open", async () => {
    const watched = await watch();
    await team.members.register({ ...profile("worker"), role: "general" });
    await team.tasks.pushMany([{ title: "Linked", link: "build", priority: 0 }], PERSON);
    const shown = await watched.until(({ tasks }) => tasks.rows.pending.length === 1);
    expect(shown.tasks.rows.pending).toMatchObject([{ title: "Linked", link: null }]);
    await team.tasks.claim(claimer("worker"));
    const claimed = await watched.until(({ tasks }) => tasks.rows.claimed[0]?.isRead === true);
    expect(claimed.tasks.rows.claimed).toMatchObject([{ link: "build", by: "worker" }]);
    expect(claimed.tasks.rows.pending).toEqual([]);
  });

  test("follows members as they come, work and go", async () => {
    const watched = await watch();
    const other = await connectTo(server.hosts);
    const bob = await teamOn(other, root).members.attach(profile("bob"), alive);
    await watched.until(({ members }) => members.some(({ id }) => id === "bob"));
    await bob.update({ status: "busy", current_work: "a message" });
    await watched.until(({ members }) => members[0]?.current_work === "a message");
    await other.close();
    await watched.until(({ members }) => members.length === 0);
  });

  test("follows a chain from its requirement to its end, with its rounds and its cost", async () => {
    const it = await new ChainTeam(team).join();
    const watched = await watch();
    const { id } = await team.requirements.submit({ content: "A greeting" }, PERSON);
    await watched.until(({ requirements }) => requirements[0]?.status === "submitted");
    await team.requirements.end(id, "cancelled", "not now", PERSON);
    await watched.until(({ requirements }) => requirements.length === 0);
    const chain = await it.openedChain(planOf({ plan: true }));
    await watched.until(({ chains }) => chains[0]?.links.length === 5);
    await watched.until(({ requirements }) => requirements.length === 0);
    expect(watched.board.chains[0]?.links.map(({ state }) => state)).toEqual([
      "ready",
      "waiting",
      "waiting",
      "waiting",
      "waiting",
    ]);
    const at = (state: string) => ({ chains }: Board) =>
      chains[0]?.links.find(({ link }) => link === chains[0]?.at)?.state === state;
    const task = await it.claim(chain.id);
    expect((await watched.until(at("working"))).chains[0]?.links[0]?.who).toBe("worker");
    await team.tasks.complete(task.id, holderOf(claimer("worker"), task), {
      result: "planned",
      spent: COST,
    });
    await watched.until(at("judging"));
    await it.judge(await it.report(chain.id), answer("feedback"));
    const again = await watched.until(({ chains }) => chains[0]?.round === 2);
    expect(again.chains[0]?.lastRound).toMatchObject({
      link: "plan",
      reason: "because of feedback",
    });
    await it.finish(chain.id);
    const closed = await watched.until(({ chains }) => chains[0]?.status === "completed");
    // Two of the first link, one of each other one; and a decision each.
    expect(closed.chains[0]?.spent).toMatchObject({ cost_usd: 6, runs: 12 });
    expect(closed.chains[0]?.links.every(({ state }) => state === "done")).toBe(true);
  });

  test("sums up what all agents have cost, before its opening and after", async () => {
    await bustle(10);
    const watched = await watch();
    await watched.until(({ spent }) => spent !== null);
    expect(watched.board.spent).toEqual(await team.spent.read());
    await bustle(10);
    await agreed(watched);
    expect(watched.board.spent).toMatchObject({ cost_usd: 2, runs: 4 });
    expect(watched.board.spent).toEqual(await team.spent.read());
  });

  test("counts no cost twice, and none not at all, while the sum is being read", async () => {
    await bustle(10);
    const { spent } = team;
    const [mayRead, isRead, mayTell] = [gate(), gate(), gate()];
    const watched = await watch({
      ...team,
      spent: {
        reading: async () => {
          await mayRead.opened;
          const reading = await spent.reading();
          isRead.open();
          await mayTell.opened;
          return reading;
        },
      },
    });
    await bustle(10, 1);
    await agreed(watched);
    mayRead.open();
    await isRead.opened;
    await bustle(10);
    await agreed(watched);
    expect(watched.board.spent).toBeNull();
    mayTell.open();
    const { spent: shown } = await watched.until((board) => board.spent !== null);
    expect(shown).toEqual(await spent.read());
    expect(shown).toMatchObject({ runs: 6 });
  });

  test("shows a pause, and its end", async () => {
    const watched = await watch();
    const until = Date.now() + 600_000;
    await team.pause.pause(until, "rate limit", PERSON);
    expect((await watched.until(({ pause }) => pause !== null)).pause).toEqual({
      until,
      reason: "rate limit",
    });
    await team.pause.resume(PERSON);
    await watched.until(({ pause }) => pause === null);
  });

  describe("on a connection that fails", () => {
    const watchFromFar = async () => {
      const proxy = await startProxy(server);
      cleanups.push(() => proxy.close());
      const far = await connectTo(proxy.hosts, { sessionTimeoutMs: 4_000 });
      cleanups.push(() => far.close());
      return { proxy, watched: await watch(teamOn(far, root)) };
    };

    test("misses nothing, tells each event once, and shows that it was away", async () => {
      const { proxy, watched } = await watchFromFar();
      const head = await team.journal.head();
      const states: string[] = [];
      watched.monitor.onChange(({ zookeeper }) => {
        if (states.at(-1) !== zookeeper.state) states.push(zookeeper.state);
      });
      for (let cut = 0; cut < 6; cut++) {
        await bustle(8, cut);
        proxy.cut();
      }
      await agreed(watched);
      const expected = await team.journal.read({ since: head });
      expect(watched.events.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      expect(states).toContain("suspended");
      expect(watched.board.zookeeper.state).toBe("connected");
    });

    test("goes on in a new session where the old one was lost", async () => {
      const { proxy, watched } = await watchFromFar();
      const head = await team.journal.head();
      proxy.blackhole(true);
      await watched.until(({ zookeeper }) => zookeeper.state === "expired");
      expect(officeOf(watched.board)).toBe("away");
      await bustle(10);
      await team.members.register({ ...profile("late"), role: "general" });
      proxy.blackhole(false);
      proxy.cut();
      await agreed(watched);
      const back = await watched.until(({ members }) => members.some(({ id }) => id === "late"));
      expect(back.zookeeper.state).toBe("connected");
      const expected = await team.journal.read({ since: head });
      expect(watched.events.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    }, 180_000);
  });
});
