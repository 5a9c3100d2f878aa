import { beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/coordination/journal.ts";
import { sweepJournal } from "../../src/coordination/journal_retention.ts";
import { Ledger } from "../../src/coordination/ledger.ts";
import { ServerTime } from "../../src/coordination/server_time.ts";
import { Tree } from "../../src/coordination/tree.ts";
import type { NewEvent } from "../../src/domain/event.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { startProxy } from "../support/chaos_proxy.ts";
import { FaultyZooKeeper } from "../support/faulty_zookeeper.ts";
import { hookedZooKeeper } from "../support/hooked_zookeeper.ts";
import { connectTo } from "../support/task_team.ts";
import { useClient } from "../support/live.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("the journal", (server) => {
  const zk = useClient(server);
  let tree: Tree;
  let journal: Journal;
  beforeEach(async () => {
    tree = new Tree(zk, await server.freshRoot());
    journal = new Journal(tree, systemClock);
  });

  const event = (reason: string): NewEvent => ({ type: "context_set", reason });

  /** So many events by writers that know nothing of each other, several at a time. */
  async function write(writers: number, each: number, label: string): Promise<void> {
    await Promise.all(Array.from({ length: writers }, async (_, writer) => {
      const ledger = new Ledger(tree);
      for (let count = 0; count < each; count++) {
        await ledger.commit([], event(`${label} ${writer} ${count}`));
      }
    }));
  }

  test("keeps every event once, in one order, over several buckets", async () => {
    await write(10, 230, "event");
    expect((await tree.children(tree.path("journal"))).length).toBe(4);
    const events = await journal.read();
    expect(events).toHaveLength(2_300);
    expect(new Set(events.map(({ reason }) => reason)).size).toBe(2_300);
    expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted());
    for (let writer = 0; writer < 10; writer++) {
      const own = events.filter(({ reason }) => reason?.startsWith(`event ${writer} `));
      expect(own.map(({ reason }) => reason)).toEqual(
        Array.from({ length: 230 }, (_, count) => `event ${writer} ${count}`),
      );
    }
    expect((await journal.read({ limit: 5 })).map(({ id }) => id)).toEqual(
      events.slice(-5).map(({ id }) => id),
    );
    const middle = events[990];
    const after = await journal.read({ since: middle?.id ?? "", limit: 20 });
    expect(after).toEqual(events.slice(991, 1_011));
    const from = await journal.read({ since: events[1_500]?.time ?? "" });
    expect(from.at(-1)).toEqual(events.at(-1));
    expect(from.length).toBeGreaterThanOrEqual(800);
    expect(from.every(({ time }) => time >= (events[1_500]?.time ?? ""))).toBe(true);
  }, 180_000);

  test("gives no event to a bucket that others have closed meanwhile", async () => {
    const sleeper = new Ledger(tree);
    await sleeper.commit([], event("before"));
    await write(1, 1_000, "event");
    await sleeper.commit([], event("after"));
    expect((await journal.read({ limit: 1 }))[0]?.reason).toBe("after");
  });

  test(
    "is followed without a gap and without a repetition, over buckets and lost connections",
    async () => {
      const proxy = await startProxy(server);
      const follower = await connectTo(proxy.hosts);
      const stop = new AbortController();
      const seen: string[] = [];
      const reading = (async () => {
        const followed = new Journal(new Tree(follower, tree.root), systemClock);
        for await (const { id, reason } of followed.follow(stop.signal, "")) {
          seen.push(id);
          if (seen.length % 300 === 0) proxy.cut();
          if (reason === "the last") stop.abort();
        }
      })();
      await write(4, 300, "event");
      await write(1, 1, "and");
      await new Ledger(tree).commit([], event("the last"));
      await reading;
      expect(seen).toEqual((await journal.read()).map(({ id }) => id));
      await follower.close();
      await proxy.close();
    },
    180_000,
  );

  test(
    "is followed though any one reading is lost, or the connection is cut in the middle",
    async () => {
      await write(1, 1_100, "event");
      const expected = (await journal.read()).map(({ id }) => id);
      const follow = async (by: ZooKeeper) => {
        const stop = new AbortController();
        const seen: string[] = [];
        const followed = new Journal(new Tree(by, tree.root), systemClock);
        for await (const { id } of followed.follow(stop.signal, "")) {
          seen.push(id);
          if (id === expected.at(-1)) stop.abort();
        }
        return seen;
      };
      for (let read = 1; read <= 12; read++) {
        expect(await follow(new FaultyZooKeeper(zk, { loseRead: read }).zk)).toEqual(expected);
      }
      const proxy = await startProxy(server);
      for (const bytes of [0, 500, 20_000, 60_000, 100_000, 150_000]) {
        const follower = await connectTo(proxy.hosts);
        const cut = proxy.cutAfterBytes(bytes, "to_client");
        expect(await follow(follower)).toEqual(expected);
        await cut;
        await follower.close();
      }
      proxy.close();
    },
    180_000,
  );

  test("begins to follow with the newest though that reading is lost", async () => {
    await write(1, 1, "before");
    const stop = new AbortController();
    const faulty = new FaultyZooKeeper(zk, { loseRead: 2 });
    const followed = new Journal(new Tree(faulty.zk, tree.root), systemClock).follow(stop.signal);
    const first = followed.next();
    while (faulty.reads < 6) await new Promise((resume) => setImmediate(resume));
    await write(1, 1, "after");
    expect((await first).value).toMatchObject({ reason: "after 0 0" });
    stop.abort();
  });

  test("begins to follow in the middle of an outage", async () => {
    await write(1, 1, "before");
    const stop = new AbortController();
    let losses = 6;
    const faulty = hookedZooKeeper(zk, "addWatch", () => {
      if (losses-- <= 0) return Promise.resolve();
      return Promise.reject(
        new ZooKeeperError("SESSION_EXPIRED", "No server", { outcome: "not_sent" }),
      );
    });
    const followed = new Journal(new Tree(faulty, tree.root), systemClock).follow(stop.signal, "");
    expect((await followed.next()).value).toMatchObject({ reason: "before 0 0" });
    stop.abort();
    expect(await followed.next()).toMatchObject({ done: true });
  });

  test("forgets closed buckets that are old, in batches, and goes on", async () => {
    await write(1, 1_100, "event");
    const ledger = new Ledger(tree);
    const time = new ServerTime(tree, ledger, systemClock);
    const sweep = (olderThanMs: number) =>
      sweepJournal(tree, ledger, time, { olderThanMs, limit: 700 });
    expect(await sweep(60_000)).toEqual({ removed: 0, more: false });
    expect(await sweep(-60_000)).toEqual({ removed: 700, more: true });
    expect(await sweep(-60_000)).toEqual({ removed: 300, more: false });
    expect(await journal.read()).toHaveLength(100);
    const stop = new AbortController();
    const followed = journal.follow(stop.signal, "");
    expect((await followed.next()).value).toMatchObject({ reason: "event 0 1000" });
    stop.abort();
  });

  test("begins to follow with what comes next", async () => {
    await write(1, 3, "before");
    const stop = new AbortController();
    const events = journal.follow(stop.signal, await journal.head());
    await write(1, 1, "after");
    expect((await events.next()).value).toMatchObject({ reason: "after 0 0" });
    stop.abort();
    expect((await events.next()).done).toBe(true);
  });

  test("passes over an entry that does not parse, and names it", async () => {
    await write(1, 1, "good");
    const path = tree.path("journal", "0000000000", "e-");
    const bad = await zk.create(path, new TextEncoder().encode("?"), {
      mode: "persistent_sequential",
    });
    await write(1, 1, "better");
    const corrupt: string[] = [];
    const watchful = new Journal(tree, systemClock, ({ path }) => corrupt.push(path));
    expect((await watchful.read()).map(({ reason }) => reason)).toEqual(["good 0 0", "better 0 0"]);
    expect(corrupt).toEqual([bad.path]);
  });
});

describeWithZooKeeper("the ledger", (server) => {
  const zk = useClient(server);
  let tree: Tree;
  beforeEach(async () => {
    tree = new Tree(zk, await server.freshRoot());
  });

  const create = (path: string) => ({ type: "create" as const, path });

  test("makes the directories that are missing, in the same transaction", async () => {
    const ledger = new Ledger(tree);
    const deep = tree.path("tasks", "ready", "any", "1", "00000000", "x");
    await ledger.commit([create(deep)], { type: "context_set" });
    expect(await zk.exists(deep)).not.toBeNull();
    const before = await tree.children(tree.path("tasks", "ready"));
    const refused = ledger.commit([create(deep), create(tree.path("other", "y"))], null);
    await expect(refused).rejects.toMatchObject({ code: "NODE_EXISTS", index: 0, path: deep });
    expect(await tree.children(tree.path("tasks", "ready"))).toEqual(before);
    expect(await zk.exists(tree.path("other"))).toBeNull();
  });

  test("outlives directories that come and go while it commits", async () => {
    const ledgers = Array.from({ length: 4 }, () => new Ledger(tree));
    const directory = tree.path("tasks", "held", "tom", "claimed");
    let stop = false;
    const meddler = (async () => {
      while (!stop) {
        await zk.delete(directory).catch(() => {});
        await zk.delete(tree.path("tasks", "held", "tom")).catch(() => {});
      }
    })();
    await Promise.all(ledgers.map(async (ledger, writer) => {
      for (let count = 0; count < 50; count++) {
        const path = `${directory}/${writer}-${count}`;
        await ledger.commit([create(path)], { type: "context_set" });
        await ledger.commit([{ type: "delete", path }], { type: "context_deleted" });
      }
    }));
    stop = true;
    await meddler;
    expect(await new Journal(tree, systemClock).read()).toHaveLength(400);
  }, 180_000);
});
