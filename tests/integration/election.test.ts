import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Term } from "../../src/coordination/election.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { Watch, WatchEvent, ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import {
  aborted,
  type CandidateOptions,
  type CandidateProcess,
  Candidates,
  SESSION_MS,
  until,
} from "../support/candidates.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { useClient } from "../support/live.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** ms that may pass from the death of a Leader to its successor. */
const TAKEOVER_MS = SESSION_MS + 2_000;
/** ms more that a machine may take that is busy with other suites. */
const BUSY_MS = 10_000;
/** ms of a session that nobody waits for the end of. */
const LONG_SESSION_MS = 30_000;
/** ms that count as at once, on a busy machine: far less than such a session. */
const AT_ONCE_MS = 15_000;

describeWithZooKeeper("the election of a Leader", (server) => {
  const zk = useClient(server);
  let root: string;
  let team: Team;
  let candidates: Candidates;
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
    candidates = new Candidates(server, root);
  });
  afterEach(() => candidates.closeAll());

  const open = (name: string, options?: CandidateOptions) => candidates.open(name, options);
  /** Names of the candidates, in the order of the queue. */
  const queue = async () =>
    (await team.tree.children(`${root}/election`))
      .sort((a, b) => a.slice(-10) < b.slice(-10) ? -1 : 1);
  const elections = async () =>
    (await team.journal.read()).filter(({ type }) => type.startsWith("leader_"))
      .map(({ type, by, data }) => `${type} ${by} ${data?.["epoch"]}`);

  /** A standby that has its place in the queue. */
  async function standby(
    process: CandidateProcess,
    signal?: AbortSignal,
  ): Promise<{ process: CandidateProcess; term: Promise<Term> }> {
    const before = (await queue()).length;
    const term = process.campaign({ standby: true, ...signal === undefined ? {} : { signal } });
    term.catch(() => {});
    await until(async () => (await queue()).length > before);
    return { process, term };
  }

  describe("campaign()", () => {
    test("is won by one of many, and tells the others who leads, where and since when", async () => {
      const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
      const all = await Promise.all(names.map((name) => open(name)));
      const tries = await Promise.allSettled(all.map((process) => process.campaign()));
      const won = tries.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
      const lost = tries.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
      expect(won).toHaveLength(1);
      const record = won[0]?.record;
      expect(await team.leaderRecord()).toEqual(record);
      expect(record).toMatchObject({ epoch: 1, host: `host-of-${record?.name}`, pid: 7 });
      for (const error of lost) {
        expect(error).toMatchObject({
          code: "LEADER_EXISTS",
          message: `Cannot lead: "${record?.name}" leads since ${record?.started_at} ` +
            `(${record?.host}, process 7)`,
          hint: expect.stringContaining("--standby"),
          details: {
            id: record?.instance_id,
            name: record?.name,
            host: record?.host,
            pid: 7,
            since: record?.started_at,
            epoch: 1,
          },
        });
      }
      expect(await elections()).toEqual([`leader_elected ${record?.name} 1`]);
    });

    test("takes the place of a process of this host that died, at once", async () => {
      const tom = await open("tom", { host: "here", pid: 11, sessionTimeoutMs: LONG_SESSION_MS });
      await tom.campaign();
      tom.die();
      const jerry = await open("jerry", { host: "here", pid: 12, isAlive: (pid) => pid !== 11 });
      const began = performance.now();
      const term = await jerry.campaign();
      expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
      expect(term).toMatchObject({ epoch: 2, former: ["tom"] });
      expect(await elections()).toEqual(["leader_elected tom 1", "leader_elected jerry 2"]);
    });

    test("is refused at once by a process of this host that is alive, also under one's own id", async () => {
      const long = { sessionTimeoutMs: LONG_SESSION_MS };
      await (await open("tom", { host: "here", pid: 11, ...long })).campaign();
      const again = await open("tom", { host: "here", pid: 12 });
      const began = performance.now();
      await expect(again.campaign()).rejects.toMatchObject({ code: "LEADER_EXISTS" });
      expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
    });

    test("waits for its own predecessor elsewhere, as long as that may take to expire", async () => {
      const tom = await open("tom", { host: "old-container" });
      await tom.campaign();
      const again = await open("tom", { host: "new-container" });
      const began = performance.now();
      await expect(again.campaign()).rejects.toMatchObject({ code: "LEADER_EXISTS" });
      expect(performance.now() - began).toBeGreaterThan(TAKEOVER_MS - 50);
      const waiting = again.campaign();
      tom.die();
      expect(await waiting).toMatchObject({ epoch: 2, former: [] });
    });

    test("is refused while this process leads, and not when it has resigned", async () => {
      const tom = await open("tom");
      const term = await tom.campaign();
      await expect(tom.campaign()).rejects.toMatchObject({ code: "LEADER_EXISTS" });
      expect(await team.status()).toMatchObject({ leader: term.record, epoch: 1 });
      await term.resign();
      expect(await team.status()).toMatchObject({ leader: null, epoch: 1 });
      expect(await tom.campaign()).toMatchObject({ epoch: 2 });
    });

    test.each([false, true])(
      "waits for a connection that is away for longer than a session (standby: %s)",
      async (standby) => {
        const tom = await open("tom");
        const first = await tom.campaign({ standby });
        tom.die();
        expect(await aborted(first.signal)).toMatchObject({ code: "SESSION_EXPIRED" });
        const again = tom.campaign({ standby });
        await new Promise<void>((resolve) => systemClock.timer(2 * SESSION_MS, resolve));
        await tom.proxy.accept();
        expect(await again).toMatchObject({ epoch: 2, mayAct: true });
      },
    );

    test.each([false, true])(
      "is given up at once where the connection is away (standby: %s)",
      async (standby) => {
        const tom = await open("tom", { sessionTimeoutMs: LONG_SESSION_MS });
        tom.die();
        await until(() => tom.zk.state === "suspended");
        const stop = new AbortController();
        const campaign = tom.campaign({ standby, signal: stop.signal });
        await new Promise<void>((resolve) => systemClock.timer(50, resolve));
        stop.abort(new Error("enough"));
        const began = performance.now();
        await expect(campaign).rejects.toThrow("enough");
        expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
        await tom.proxy.accept();
        await until(() => tom.zk.state === "connected");
        await new Promise<void>((resolve) => systemClock.timer(200, resolve));
        expect(await team.leader()).toBeNull();
        expect(await queue()).toEqual([]);
      },
    );

    test("remembers the last five who led", async () => {
      for (const name of ["a", "b", "c", "a", "d", "e", "f"]) {
        await (await (await open(name)).campaign()).resign();
      }
      const { former } = await (await open("g")).campaign();
      expect(former).toEqual(["f", "e", "d", "a", "c"]);
    });

    test.each([
      ["leader", "Delete that node"],
      ["leader-epoch", "do not delete it"],
    ])("says what is to be done where /%s does not parse", async (name, hint) => {
      const term = await (await open("tom")).campaign();
      if (name === "leader-epoch") await term.resign();
      await zk.setData(`${root}/${name}`, new TextEncoder().encode("{"));
      const jerry = await open("jerry");
      for (const standby of [false, true]) {
        await expect(jerry.campaign({ standby })).rejects.toMatchObject({
          code: "CORRUPT_DATA",
          message: expect.stringContaining(`${root}/${name}`),
          hint: expect.stringContaining(hint),
        });
      }
      expect(await queue()).toEqual([]);
    });

    test.each<Loss>(["before", "after", "late"])(
      "yields one Leader, once, whichever reply is lost %s its write",
      async (how) => {
        for (const at of [1, 2, 3]) {
          const tree = await server.freshRoot();
          const { context, journal } = teamOn(zk, tree);
          await context.set("any", "so that the journal is there", { id: "", name: "Tester" });
          const others = new Candidates(server, tree);
          const tom = await others.open("tom", {
            wrap: (inner) => new FaultyZooKeeper(inner, { loseWrite: { at, how } }).zk,
          });
          const term = await tom.campaign({ standby: true });
          expect(term.epoch).toBe(1);
          const elected = (await journal.read()).filter(({ type }) => type === "leader_elected");
          expect(elected).toHaveLength(1);
          expect((await zk.getChildren(`${tree}/election`)).children).toHaveLength(1);
          expect((await zk.exists(`${tree}/leader-epoch`))?.version).toBe(1);
          const jerry = await others.open("jerry");
          const next = jerry.campaign({ standby: true });
          await until(async () => (await zk.getChildren(`${tree}/election`)).children.length >= 2);
          await term.resign();
          expect(await next).toMatchObject({ epoch: 2 });
          await others.closeAll();
        }
      },
    );
  });

  describe("a standby", () => {
    test("takes over within the session timeout and 2 s of the Leader's death", async () => {
      const tom = await open("tom");
      await tom.campaign();
      const { term } = await standby(await open("jerry"));
      tom.die();
      const died = performance.now();
      expect(await term).toMatchObject({ epoch: 2, former: ["tom"] });
      expect(performance.now() - died).toBeLessThan(TAKEOVER_MS + BUSY_MS);
      expect((await team.journal.read()).at(-1)).toMatchObject({
        type: "leader_elected",
        by: "jerry",
        data: { epoch: 2, predecessor: "tom", predecessor_name: "tom" },
      });
    });

    test("takes over at once when the Leader resigns, in the order of the queue", async () => {
      const long = { sessionTimeoutMs: LONG_SESSION_MS };
      let leading = await (await open("tom", long)).campaign();
      const standbys = [];
      for (const name of ["a", "b", "c", "d"]) standbys.push(await standby(await open(name, long)));
      for (const { process, term } of standbys) {
        const began = performance.now();
        await leading.resign("for the test");
        leading = await term;
        expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
        expect(leading.record.name).toBe(process.profile.name);
      }
      expect(await elections()).toEqual([
        "leader_elected tom 1",
        ...["tom", "a", "b", "c"].flatMap((name, index) => [
          `leader_left ${name} ${index + 1}`,
          `leader_elected ${"abcd"[index]} ${index + 2}`,
        ]),
      ]);
      expect(await queue()).toHaveLength(1);
    });

    test("moves up when one before it goes, without leading", async () => {
      const tom = await open("tom");
      const first = await tom.campaign();
      const a = await standby(await open("a"));
      const b = await standby(await open("b"));
      a.process.die();
      await until(async () => (await queue()).length === 1);
      expect(await team.leader()).toMatchObject({ id: "tom" });
      await first.resign();
      expect(await b.term).toMatchObject({ epoch: 2 });
    });

    test("queues again, at the end, when its session was lost", async () => {
      const tom = await open("tom");
      const leading = await tom.campaign();
      const a = await standby(await open("a"));
      const b = await standby(await open("b"));
      const [placeOfA] = await queue();
      a.process.proxy.blackhole(true);
      await until(() => a.process.zk.state === "expired");
      a.process.proxy.blackhole(false);
      await until(async () => {
        const names = await queue();
        return names.length === 2 && !names.includes(placeOfA ?? "");
      });
      await leading.resign();
      const next = await b.term;
      expect(next.epoch).toBe(2);
      await next.resign();
      expect(await a.term).toMatchObject({ epoch: 3 });
    });

    test("leaves the queue when it gives up", async () => {
      await (await open("tom")).campaign();
      const stop = new AbortController();
      const { term } = await standby(await open("jerry"), stop.signal);
      stop.abort(new Error("enough"));
      await expect(term).rejects.toThrow("enough");
      expect(await queue()).toEqual([]);
    });

    test("is one of twenty, of whom one is woken when the Leader dies, by one watch", async () => {
      const fired: { who: string; event: WatchEvent }[] = [];
      const watching = new Set<string>();
      const tom = await open("tom");
      await tom.campaign();
      const standbys = [];
      for (let index = 0; index < 20; index++) {
        const who = `s${index}`;
        const wrap = (inner: ZooKeeper) =>
          listening(inner, {
            stands: () => watching.add(who),
            fires: (event) => fired.push({ who, event }),
          });
        // Only those that are to die are soon found dead: a busy machine must not end the others.
        const sessionTimeoutMs = index < 2 ? 2 * SESSION_MS : LONG_SESSION_MS;
        standbys.push(await standby(await open(who, { wrap, sessionTimeoutMs })));
      }
      let leading = tom;
      // The first Leader has no place in the queue, the next ones have.
      for (const [index, { process, term }] of standbys.slice(0, 3).entries()) {
        const others = standbys.slice(index).map((one) => one.process);
        await until(() => others.every(({ profile }) => watching.has(profile.name)));
        fired.length = 0;
        leading.die();
        await term;
        leading = process;
        // What a server has to tell of watches comes before its next answer.
        await Promise.all(others.map(({ zk }) => zk.exists("/")));
        expect(fired.filter(({ event }) => event.type === "deleted")).toHaveLength(1);
        expect(new Set(fired.map(({ who }) => who))).toEqual(new Set([process.profile.name]));
      }
    });
  });

  test("a term tells by its signal that its client was closed", async () => {
    const tom = await open("tom");
    const term = await tom.campaign();
    const reason = aborted(term.signal);
    await tom.close();
    expect(await reason).toMatchObject({ code: "CONNECTION_LOST" });
    expect(term).toMatchObject({ end: "closed", mayAct: false });
  });
});

/** A client whose watches tell, too, whoever listens here: that they stand, and what comes of them. */
function listening(
  inner: ZooKeeper,
  { stands, fires }: { stands(): void; fires(event: WatchEvent): void },
): ZooKeeper {
  return new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "addWatch") return value.bind(target);
      return async (
        path: string,
        options: { recursive: boolean },
        listener: (event: WatchEvent) => void,
      ): Promise<Watch> => {
        const watch = await target.addWatch(path, options, (event) => {
          fires(event);
          listener(event);
        });
        stands();
        return watch;
      };
    },
  });
}
