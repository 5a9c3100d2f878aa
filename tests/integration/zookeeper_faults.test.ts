import { afterEach, beforeEach, expect, test } from "vitest";
import type { WatchEvent } from "../../src/zookeeper/zookeeper.ts";
import { type ChaosProxy, startProxy } from "../support/chaos_proxy.ts";
import { freePorts } from "../support/free_port.ts";
import { attachSession, sessionKeyOf } from "../support/raw_session.ts";
import { ending, Sessions } from "../support/sessions.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const LOST = "CONNECTION_LOSS unknown";
/** ms; what a client may be late by on a busy machine. */
const SLACK_MS = 5_000;

describeWithZooKeeper("the client on a network that fails", (server) => {
  const sessions = new Sessions();
  let root: string;
  let proxy: ChaosProxy;
  /** Sees what is true on the server. */
  let witness: Awaited<ReturnType<Sessions["open"]>>["zk"];
  const throughProxy = (sessionTimeoutMs: number) =>
    sessions.open(proxy.hosts + root, { sessionTimeoutMs });

  beforeEach(async () => {
    root = await server.freshRoot();
    proxy = await startProxy(server);
    witness = (await sessions.open(server.hosts + root)).zk;
  });

  afterEach(async () => {
    await sessions.closeAll();
    proxy.close();
  });

  test("a create whose reply was lost has outcome unknown, and exists", async () => {
    const { zk } = await throughProxy(5_000);
    const cut = proxy.cutAfterBytes(0, "to_client");
    expect(await ending(zk.create("/lost"))).toBe(LOST);
    await cut;
    expect(await witness.exists("/lost")).not.toBeNull();
  });

  test("a create whose reply was torn has outcome unknown, and exists", async () => {
    const { zk } = await throughProxy(5_000);
    const cut = proxy.cutAfterBytes(17, "to_client");
    expect(await ending(zk.create("/torn"))).toBe(LOST);
    await cut;
    expect(await witness.exists("/torn")).not.toBeNull();
  });

  test.each([0, 9])(
    "a create cut after %i bytes has outcome unknown, and is not there",
    async (n) => {
      const { zk } = await throughProxy(5_000);
      const cut = proxy.cutAfterBytes(n, "to_server");
      expect(await ending(zk.create("/never"))).toBe(LOST);
      await cut;
      expect(await witness.exists("/never")).toBeNull();
    },
  );

  test("a transaction whose reply was lost was carried out as a whole", async () => {
    const { zk } = await throughProxy(5_000);
    const cut = proxy.cutAfterBytes(0, "to_client");
    const paths = ["/a", "/a/b", "/c"];
    expect(await ending(zk.multi(paths.map((path) => ({ type: "create", path })))))
      .toBe(LOST);
    await cut;
    for (const path of paths) expect(await witness.exists(path)).not.toBeNull();
  });

  test("under load every operation settles, and says of itself what is true", async () => {
    const { zk, changes } = await throughProxy(10_000);
    const endings = new Map<string, Promise<string>>();
    let stop = false;
    const load = Array.from({ length: 50 }, async (_, worker) => {
      for (let index = 0; !stop; index++) {
        const path = `/w${worker}-${index}`;
        const end = ending(zk.create(path));
        endings.set(path, end);
        await end;
      }
    });
    for (let cuts = 0; cuts < 12; cuts++) {
      await proxy.cutAfterBytes(2_000 + 777 * cuts, cuts % 2 === 0 ? "to_client" : "to_server");
      if (cuts % 3 === 0) proxy.cut();
    }
    stop = true;
    await Promise.all(load);
    const { children } = await witness.getChildren("/");
    const exists = new Set(children.map((name) => `/${name}`));
    const tally = new Map<string, number>();
    for (const [path, end] of endings) {
      const how = await end;
      const key = `${how}, ${exists.has(path) ? "there" : "not there"}`;
      tally.set(key, (tally.get(key) ?? 0) + 1);
    }
    expect([...tally.keys()].sort()).toEqual(
      [`${LOST}, not there`, `${LOST}, there`, "done, there"].sort(),
    );
    expect(exists.size).toBe((tally.get("done, there") ?? 0) + (tally.get(`${LOST}, there`) ?? 0));
    expect(changes.filter((change) => change.isNewSession)).toEqual([]);
  });

  test.each(["reset", "end"] as const)(
    "the session goes on after a connection was cut by %s",
    async (how) => {
      const session = await throughProxy(5_000);
      const { zk } = session;
      const id = zk.sessionId;
      await zk.create("/mine", undefined, { mode: "ephemeral" });
      proxy.cut(how);
      await session.next("suspended");
      const back = await session.next("connected");
      expect(back).toEqual({ state: "connected", sessionId: id, isNewSession: false });
      expect(await zk.getEphemerals()).toEqual(["/mine"]);
    },
  );

  test("a black hole shorter than the session suspends it, and no more", async () => {
    const session = await throughProxy(3_000);
    const { zk } = session;
    const id = zk.sessionId;
    await zk.create("/mine", undefined, { mode: "ephemeral" });
    const start = performance.now();
    proxy.blackhole(true);
    const inFlight = ending(zk.create("/in-flight"));
    await session.next("suspended");
    expect(performance.now() - start).toBeLessThan(2_000 + SLACK_MS);
    expect(await inFlight).toBe(LOST);
    const queued = zk.create("/queued");
    proxy.blackhole(false);
    expect(await session.next("connected")).toMatchObject({ sessionId: id, isNewSession: false });
    expect((await queued).path).toBe("/queued");
    expect(await witness.exists("/mine")).not.toBeNull();
    expect(session.changes.map(({ state }) => state)).toEqual(["suspended", "connected"]);
  });

  test("a black hole longer than the session expires it by the client's own clock", async () => {
    const session = await throughProxy(1_500);
    const { zk } = session;
    const id = zk.sessionId;
    await zk.create("/mine", undefined, { mode: "ephemeral" });
    await zk.create("/watched");
    const seen: WatchEvent[] = [];
    await zk.addWatch("/watched", { recursive: true }, (event) => seen.push(event));
    const start = performance.now();
    proxy.blackhole(true);
    await session.next("suspended");
    const queued = ending(zk.create("/queued"));
    await session.next("expired");
    expect(performance.now() - start).toBeLessThan(1_500 + SLACK_MS);
    expect(await queued).toBe("SESSION_EXPIRED not_sent");
    await expect.poll(() => witness.exists("/mine"), { timeout: 60_000 }).toBeNull();
    await witness.create("/watched/missed");
    expect(seen).toEqual([]);

    proxy.blackhole(false);
    const back = await session.next("connected");
    expect(back.isNewSession).toBe(true);
    expect(back.sessionId).not.toBe(id);
    await expect.poll(() => seen).toEqual([{ type: "resumed" }]);
    await witness.create("/watched/now");
    await expect.poll(() => seen).toContainEqual({ type: "created", path: "/watched/now" });
    expect(await zk.getEphemerals()).toEqual([]);
  });

  test("replies alone that vanish are a silent server, too", async () => {
    const session = await throughProxy(1_500);
    proxy.blackhole(true, "to_client");
    const create = ending(session.zk.create("/heard"));
    await session.next("suspended");
    expect(await create).toBe(LOST);
    expect(await witness.exists("/heard")).not.toBeNull();
  });

  test("notifications that still arrive do not stand for answers", async () => {
    const session = await throughProxy(8_000);
    await session.zk.create("/mine", undefined, { mode: "ephemeral" });
    let seen = 0;
    await session.zk.addWatch("/", { recursive: true }, () => seen++);
    proxy.blackhole(true, "to_server");
    const start = performance.now();
    let suspended = false;
    const noticed = session.next("suspended").then(() => suspended = true);
    for (let index = 0; !suspended; index++) {
      await witness.create(`/noise-${index}`);
      await Promise.race([noticed, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    expect(seen).toBeGreaterThan(5);
    expect(await witness.exists("/mine")).not.toBeNull();
    expect(performance.now() - start).toBeLessThan(8_000);
  });

  test("a server that is gone without a word is noticed, and the session goes on", async () => {
    const session = await throughProxy(3_000);
    const id = session.zk.sessionId;
    await session.zk.create("/mine", undefined, { mode: "ephemeral" });
    proxy.orphan();
    await session.next("suspended");
    expect(await session.next("connected")).toMatchObject({ sessionId: id, isNewSession: false });
    expect(await witness.exists("/mine")).not.toBeNull();
  });

  test("a server that ends its side is left, and the session goes on", async () => {
    const session = await throughProxy(5_000);
    const id = session.zk.sessionId;
    const start = performance.now();
    proxy.halfClose();
    expect(await session.next("connected")).toMatchObject({ sessionId: id, isNewSession: false });
    expect(performance.now() - start).toBeLessThan(SLACK_MS);
  });

  test("a refusal longer than the session expires it; then a new session follows", async () => {
    const session = await throughProxy(1_500);
    const start = performance.now();
    proxy.refuse();
    proxy.cut();
    await session.next("suspended");
    await session.next("expired");
    expect(performance.now() - start).toBeLessThan(1_500 + SLACK_MS);
    await proxy.accept();
    expect((await session.next("connected")).isNewSession).toBe(true);
    expect(await ending(session.zk.create("/again"))).toBe("done");
  });

  test("a one-shot watch hears of a change that was missed", async () => {
    const session = await throughProxy(10_000);
    await witness.create("/watched");
    const seen: WatchEvent[] = [];
    await session.zk.getData("/watched", (event) => seen.push(event));
    await session.zk.exists("/absent", (event) => seen.push(event));
    proxy.refuse();
    proxy.cut();
    await session.next("suspended");
    await witness.setData("/watched", new Uint8Array([1]));
    await witness.create("/absent");
    await proxy.accept();
    await session.next("connected");
    await expect.poll(() => seen.filter(({ type }) => type !== "resumed")).toEqual([
      { type: "changed", path: "/watched" },
      { type: "created", path: "/absent" },
    ]);
  });

  test("a second attach takes the connection, not the session", async () => {
    const replies: Uint8Array[] = [];
    proxy.tap = (direction, chunk) => direction === "to_client" && replies.push(chunk);
    const session = await throughProxy(5_000);
    const [first = new Uint8Array(40)] = replies;
    const key = sessionKeyOf(first);
    const id = session.zk.sessionId;
    expect(BigInt.asUintN(64, key.sessionId).toString(16)).toBe(id);
    const intruder = await attachSession("127.0.0.1", server.port, key);
    const thrownOut = new Promise((resolve) => intruder.on("close", resolve));
    await session.next("suspended");
    expect(await session.next("connected")).toMatchObject({ sessionId: id, isNewSession: false });
    await thrownOut;
    expect(await ending(session.zk.create("/still-mine"))).toBe("done");
  });

  test("hosts that refuse are passed over", async () => {
    const dead = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
    for (let round = 0; round < 5; round++) {
      const { zk } = await sessions.open([...dead, proxy.hosts].join(",") + root);
      expect(zk.endpoint?.port).toBe(proxy.port);
    }
  });

  test("a host that never answers is passed over", async () => {
    const silent = await startProxy(server);
    silent.blackhole(true);
    for (let round = 0; round < 4; round++) {
      const { zk } = await sessions.open(`${silent.hosts},${proxy.hosts}${root}`, {
        connectTimeoutMs: 2_000,
      });
      expect(zk.endpoint?.port).toBe(proxy.port);
    }
    silent.close();
  });

  test("a session moves to another host", async () => {
    const other = await startProxy(server);
    const session = await sessions.open(`${proxy.hosts},${other.hosts}${root}`);
    const { zk } = session;
    const { sessionId: id, endpoint } = zk;
    const [used, spare] = endpoint?.port === proxy.port ? [proxy, other] : [other, proxy];
    used.refuse();
    used.cut();
    expect(await session.next("connected")).toMatchObject({ sessionId: id, isNewSession: false });
    expect(zk.endpoint?.port).toBe(spare.port);
    await sessions.closeAll();
    other.close();
  });

  test.each(["nobody", "a listener that never answers"])(
    "%s in its place: a timeout",
    async (who) => {
      if (who === "nobody") proxy.refuse();
      else proxy.blackhole(true);
      const start = performance.now();
      const opening = sessions.open(proxy.hosts + root, { connectTimeoutMs: 600 });
      expect(await ending(opening)).toBe("CONNECT_TIMEOUT not_sent");
      const took = performance.now() - start;
      expect(took).toBeGreaterThanOrEqual(600);
      expect(took).toBeLessThan(600 + SLACK_MS);
      proxy.blackhole(false);
      await expect.poll(() => proxy.open).toBe(0);
    },
  );

  test("a slow server is no silent one", async () => {
    const session = await throughProxy(4_500);
    // A round trip takes longer than a third of the session, after which a silent client asks.
    proxy.delay(800);
    const start = performance.now();
    while (performance.now() - start < 5_000) await session.zk.exists("/");
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await ending(session.zk.create("/slow"))).toBe("done");
    expect(session.changes).toEqual([]);
  });

  test("an operation that takes too long fails, and its late reply does no harm", async () => {
    const session = await sessions.open(proxy.hosts + root, { operationTimeoutMs: 200 });
    proxy.delay(300);
    expect(await ending(session.zk.create("/late"))).toBe("OPERATION_TIMEOUT unknown");
    proxy.delay(0);
    await expect.poll(() => witness.exists("/late")).not.toBeNull();
    expect((await session.zk.getChildren("/")).children).toEqual(["late"]);
    expect(session.changes).toEqual([]);
  });

  test.each(["connected", "suspended"] as const)(
    "close() in a black hole, %s, ends",
    async (when) => {
      const session = await throughProxy(1_500);
      proxy.blackhole(true);
      if (when === "suspended") await session.next("suspended");
      const pending = ending(session.zk.create("/pending"));
      const start = performance.now();
      await session.zk.close();
      expect(performance.now() - start).toBeLessThan(1_000 + SLACK_MS);
      expect(await pending).toBe(when === "connected" ? "CLOSED unknown" : "CLOSED not_sent");
      expect(await ending(session.zk.exists("/"))).toBe("CLOSED not_sent");
    },
  );
}, { tickMs: 250 });
