import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Attachment, MemberChange } from "../../src/coordination/registry.ts";
import type { Team } from "../../src/coordination/team.ts";
import { WatchView } from "../../src/coordination/watch_view.ts";
import { InstanceId, type TaskId } from "../../src/domain/ids.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { type ChaosProxy, startProxy } from "../support/chaos_proxy.ts";
import { FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { hookedZooKeeper } from "../support/hooked_zookeeper.ts";
import { type ObservedSession, Sessions } from "../support/sessions.ts";
import { connectTo, PERSON } from "../support/task_team.ts";
import { next, profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = InstanceId.parse("tom");
const alive = { isAlive: () => true };
const dead = { isAlive: () => false };
/** ms; short, so that sessions end within a test. */
const SHORT = { sessionTimeoutMs: 2_000 };

describeWithZooKeeper("the registry", (server) => {
  const sessions = new Sessions();
  const proxies: ChaosProxy[] = [];
  let zk: ZooKeeper;
  let root: string;
  let team: Team & { corrupt: unknown[] };
  beforeAll(async () => {
    zk = await connectTo(server.hosts);
  });
  afterAll(() => zk.close());
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
  });
  afterEach(async () => {
    await sessions.closeAll();
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });

  const open = async (options = {}): Promise<[Team, ObservedSession]> => {
    const session = await sessions.open(server.hosts, options);
    return [teamOn(session.zk, root), session];
  };
  /** A team behind a network that can be made to fail. */
  const openBehindProxy = async (): Promise<[Team, ObservedSession, ChaosProxy]> => {
    const proxy = await startProxy(server.hosts);
    proxies.push(proxy);
    const session = await sessions.open(`127.0.0.1:${proxy.port}`, SHORT);
    return [teamOn(session.zk, root), session, proxy];
  };
  const names = async () => (await team.members.list()).map(({ name }) => name);
  const nodeOf = (id: string) => zk.exists(`${root}/instances/${id}`);
  async function claimOne(one: Team): Promise<TaskId> {
    const { id } = await one.tasks.push({ title: "work" }, PERSON);
    await one.tasks.claim({ id: tom, name: "tom", role: "builder" }, { taskId: id });
    return id;
  }

  describe("an attached member", () => {
    test("is listed with what it shows, and leaves with its claims given back", async () => {
      const attachment = await team.members.attach({ ...profile("tom"), capacity: 2 }, alive);
      expect(attachment.isAttached).toBe(true);
      expect((await nodeOf("tom"))?.ephemeralOwner).not.toBe(0n);
      const task = await claimOne(team);
      await attachment.update({ status: "busy", current_task_id: task });
      expect(await team.members.list()).toMatchObject([{
        id: "tom",
        kind: "attached",
        liveness: "online",
        status: "busy",
        current_task_id: task,
        capacity: 2,
      }]);
      await attachment.leave();
      await attachment.leave();
      expect(await names()).toEqual([]);
      expect(await team.tasks.get(task)).toMatchObject({ status: "pending", retry_count: 0 });
      const told = (await team.journal.read()).map(({ type }) => type);
      expect(told.filter((type) => type.startsWith("member"))).toEqual([
        "member_joined",
        "member_left",
      ]);
    });

    test("goes with its session, and keeps its inbox", async () => {
      const [theirs, session] = await open(SHORT);
      await theirs.members.attach(profile("tom"), alive);
      await session.zk.close();
      expect(await names()).toEqual([]);
      expect(await team.members.find("tom")).toMatchObject({ id: "tom", liveness: "offline" });
    });

    test("shows the last of many updates", async () => {
      const attachment = await team.members.attach(profile("tom"), alive);
      await Promise.all(
        Array.from({ length: 30 }, (_, index) => attachment.update({ current_work: `${index}` })),
      );
      expect(await team.members.list()).toMatchObject([{ current_work: "29" }]);
      await attachment.leave();
    });

    test("puts right what a heartbeat of another process has written over its node", async () => {
      const attachment = await team.members.attach(profile("tom"), alive);
      const [theirs] = await open();
      await theirs.members.heartbeat(tom, { currentWork: "from an agent's own command" });
      await attachment.update({ status: "busy" });
      await expect.poll(() => team.members.list()).toMatchObject([{
        status: "busy",
        current_work: null,
      }]);
      await attachment.leave();
    });

    test("comes back under its id in a new session, with what it shows", async () => {
      const [theirs, session, proxy] = await openBehindProxy();
      const attachment = await theirs.members.attach(profile("tom"), alive);
      await attachment.update({ status: "busy" });
      const before = (await nodeOf("tom"))?.ephemeralOwner;
      proxy.blackhole(true);
      await session.next("expired");
      expect(attachment.isAttached).toBe(false);
      await attachment.update({ current_work: "said while away" });
      proxy.blackhole(false);
      await expect.poll(() => attachment.isAttached, { timeout: 60_000 }).toBe(true);
      const after = await nodeOf("tom");
      expect(after?.ephemeralOwner).not.toBe(before);
      expect(await team.members.list()).toMatchObject([{
        id: "tom",
        status: "busy",
        current_work: "said while away",
      }]);
      await attachment.leave();
    });

    test("makes its node again where somebody has deleted it", async () => {
      const attachment = await team.members.attach(profile("tom"), alive);
      const before = await nodeOf("tom");
      await zk.delete(`${root}/instances/tom`);
      await expect.poll(async () => (await nodeOf("tom"))?.czxid ?? before?.czxid)
        .not.toBe(before?.czxid);
      await attachment.leave();
      expect(await nodeOf("tom")).toBeNull();
    });
  });

  describe("two processes with one id", () => {
    test("a live one on this host keeps it, and the other is told at once who and where", async () => {
      const first = await team.members.attach({ ...profile("Tom", "tom"), pid: 41 }, alive);
      const [theirs] = await open();
      const second = theirs.members.attach({ ...profile("Impostor", "tom"), pid: 42 }, alive);
      await expect(second).rejects.toMatchObject({
        code: "MEMBER_EXISTS",
        details: { id: "tom", name: "Tom", host: "here", pid: 41 },
      });
      expect(await names()).toEqual(["Tom"]);
      await first.leave();
    });

    test("one elsewhere is waited for, and keeps it as long as its session lives", async () => {
      const first = await team.members.attach(profile("Tom", "tom"), alive);
      const [theirs] = await open();
      const second = theirs.members.attach(
        { ...profile("tom"), host: "there" },
        { ...alive, waitMs: 300 },
      );
      await expect(second).rejects.toMatchObject({ code: "MEMBER_EXISTS" });
      await first.leave();
    });

    test("a crashed predecessor elsewhere is followed as soon as its session ends", async () => {
      const [theirs, session] = await open();
      await theirs.members.attach(profile("tom"), alive);
      const attaching = team.members.attach({ ...profile("tom"), host: "there" }, alive);
      const before = (await nodeOf("tom"))?.ephemeralOwner;
      await session.zk.close();
      const attachment = await attaching;
      expect((await nodeOf("tom"))?.ephemeralOwner).not.toBe(before);
      await attachment.leave();
    });

    test("a predecessor that died on this host is replaced at once", async () => {
      const [theirs] = await open();
      await theirs.members.attach({ ...profile("tom"), pid: 41 }, alive);
      const attachment = await team.members.attach({ ...profile("tom"), pid: 42 }, {
        isAlive: (pid) => pid !== 41,
        waitMs: 0,
      });
      expect(await team.members.list()).toMatchObject([{ pid: 42 }]);
      await attachment.leave();
    });

    test("one that was replaced while it was away is told that it lost its id", async () => {
      const [theirs, session, proxy] = await openBehindProxy();
      const lost = await theirs.members.attach({ ...profile("tom"), pid: 41 }, alive);
      proxy.blackhole(true);
      await session.next("suspended");
      const heir = await team.members.attach({ ...profile("tom"), pid: 42 }, dead);
      proxy.blackhole(false);
      expect(await lost.lost).toMatchObject({ code: "MEMBER_EXISTS", details: { pid: 42 } });
      await lost.update({ status: "busy" });
      expect(await team.members.list()).toMatchObject([{ pid: 42, status: "idle" }]);
      await lost.leave();
      expect(await names()).toEqual(["tom"]);
      await heir.leave();
    });

    test("of many at once, one is attached", async () => {
      const opened = await Promise.all(Array.from({ length: 8 }, () => open()));
      const results = await Promise.allSettled(
        opened.map(([one], index) =>
          one.members.attach({ ...profile("tom"), pid: 50 + index }, alive)
        ),
      );
      const attached = results.filter(({ status }) => status === "fulfilled");
      expect(attached).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected") {
          expect(result.reason).toMatchObject({ code: "MEMBER_EXISTS" });
        }
      }
    });
  });

  describe("a leased member", () => {
    test("is renewed by each command, and expires by the server's clock", async () => {
      const registered = await team.members.register({ ...profile("tom"), leaseMs: 60_000 });
      expect(registered).toMatchObject({ kind: "leased", liveness: "online" });
      const first = (await nodeOf("tom"))?.mtime ?? 0;
      expect(Date.parse(registered.lease_expires_at ?? "")).toBe(first + 60_000);
      await expect.poll(async () => {
        const renewed = await team.members.renew(tom);
        return Date.parse(renewed?.lease_expires_at ?? "") > first + 60_000;
      }).toBe(true);
      await team.members.register({ ...profile("tom"), leaseMs: 1 });
      await expect.poll(async () => (await team.members.list())[0]?.liveness, { timeout: 60_000 })
        .toBe("expired");
      expect((await team.members.renew(tom))?.liveness).toBe("online");
      expect(await team.members.renew(InstanceId.parse("nobody"))).toBeNull();
    });

    test("says what it does, and keeps it over another registration", async () => {
      await team.members.register(profile("tom"));
      const task = await claimOne(team);
      await team.members.heartbeat(tom, { status: "busy", currentTaskId: task });
      const again = await team.members.register({ ...profile("Thomas", "tom"), role: "verifier" });
      expect(again).toMatchObject({
        name: "Thomas",
        role: "verifier",
        status: "busy",
        current_task_id: task,
      });
      await expect(team.members.heartbeat(InstanceId.parse("x"))).rejects.toMatchObject({
        code: "MEMBER_NOT_FOUND",
      });
      expect(await team.members.find("Thomas")).toMatchObject({ id: "tom" });
    });

    test("gives its claims back when it is unregistered, once", async () => {
      await team.members.register(profile("tom"));
      const task = await claimOne(team);
      expect(await team.members.unregister(tom)).toBe(true);
      expect(await team.members.unregister(tom)).toBe(false);
      expect(await team.tasks.get(task)).toMatchObject({ status: "pending", retry_count: 0 });
    });

    test("becomes an attached one, but never takes the id of one that is attached", async () => {
      await team.members.register(profile("tom"));
      const attachment = await team.members.attach(profile("tom"), alive);
      expect(await team.members.list()).toMatchObject([{ kind: "attached", lease_ms: null }]);
      const [theirs] = await open();
      for (
        const step of [
          () => theirs.members.register(profile("tom")),
          () => theirs.members.unregister(tom),
        ]
      ) await expect(step()).rejects.toMatchObject({ code: "MEMBER_EXISTS" });
      expect((await theirs.members.renew(tom))?.kind).toBe("attached");
      await attachment.leave();
    });
  });

  describe("find()", () => {
    test("takes an id, a name or @name, of who is here before who is away", async () => {
      await team.members.register(profile("Tom", "old"));
      await team.members.unregister(InstanceId.parse("old"));
      await team.members.register({ ...profile("Tom", "lapsed"), leaseMs: 1 });
      await team.members.register(profile("Tom", "new"));
      await expect.poll(
        async () => (await team.members.list()).find(({ id }) => id === "lapsed")?.liveness,
        { timeout: 60_000 },
      ).toBe("expired");
      expect(await team.members.find("@Tom")).toMatchObject({ id: "new", liveness: "online" });
      expect(await team.members.find("old")).toMatchObject({ id: "old", liveness: "offline" });
      await team.members.unregister(InstanceId.parse("new"));
      expect(await team.members.find("Tom")).toMatchObject({ id: "lapsed", liveness: "expired" });
    });

    test("names the candidates where a name is not unique, or unknown", async () => {
      await team.members.register(profile("Tom", "a"));
      await team.members.register(profile("Tom", "b"));
      await expect(team.members.find("Tom")).rejects.toMatchObject({
        code: "MEMBER_AMBIGUOUS",
        details: { candidates: [{ id: "a" }, { id: "b" }] },
      });
      await expect(team.members.find("Ton")).rejects.toMatchObject({
        code: "MEMBER_NOT_FOUND",
        hint: 'Did you mean "Tom"?',
        details: { candidates: [{ id: "a" }, { id: "b" }] },
      });
    });
  });

  describe("watch()", () => {
    const told = ({ type, member }: MemberChange) =>
      `${type} ${member.name} ${member.status} ${member.liveness}`;

    test("tells who is there, then each change, the end of a lease too", async () => {
      await team.members.register(profile("Tom"));
      const [theirs, session] = await open(SHORT);
      const stop = new AbortController();
      const watch = team.members.watch(stop.signal);
      expect(told(await next(watch))).toBe("joined Tom idle online");
      const jerry = await theirs.members.attach(profile("Jerry"), alive);
      expect(told(await next(watch))).toBe("joined Jerry idle online");
      await jerry.update({ status: "busy" });
      expect(told(await next(watch))).toBe("changed Jerry busy online");
      await session.zk.close();
      expect(told(await next(watch))).toBe("left Jerry busy online");
      await team.members.register({ ...profile("Tom"), leaseMs: 500 });
      expect(told(await next(watch))).toBe("changed Tom idle online");
      expect(told(await next(watch))).toBe("changed Tom idle expired");
      stop.abort();
      expect(await watch.next()).toEqual({ done: true, value: undefined });
    });

    test("misses nothing while the connection is away", async () => {
      const [watching, session, proxy] = await openBehindProxy();
      const stop = new AbortController();
      const watch = watching.members.watch(stop.signal);
      await team.members.register(profile("Tom"));
      expect(told(await next(watch))).toBe("joined Tom idle online");
      const change = next(watch);
      proxy.blackhole(true);
      await session.next("expired");
      await team.members.register(profile("Jerry"));
      proxy.blackhole(false);
      expect(told(await change)).toBe("joined Jerry idle online");
      stop.abort();
    });

    test("goes on after a reading that the connection broke off", async () => {
      let readings = 0;
      const shaky = hookedZooKeeper(zk, "getChildren", () => {
        if (++readings % 2 === 0) return Promise.resolve();
        throw new ZooKeeperError("CONNECTION_LOSS", "Broken off", { outcome: "unknown" });
      });
      const stop = new AbortController();
      const watch = teamOn(shaky, root).members.watch(stop.signal);
      for (const name of ["Tom", "Jerry"]) {
        const change = next(watch);
        await team.members.register(profile(name));
        expect(told(await change)).toBe(`joined ${name} idle online`);
      }
      stop.abort();
    });

    test("works on servers that have no persistent watches", async () => {
      const old = hookedZooKeeper(zk, "addWatch", () => {
        throw new ZooKeeperError("UNIMPLEMENTED", "Not here", { outcome: "refused" });
      });
      const stop = new AbortController();
      const watch = teamOn(old, root).members.watch(stop.signal);
      const first = next(watch);
      const [theirs] = await open();
      const jerry = await theirs.members.attach(profile("Jerry"), alive);
      expect(told(await first)).toBe("joined Jerry idle online");
      for (const status of ["busy", "idle", "busy"] as const) {
        const change = next(watch);
        await jerry.update({ status });
        expect(told(await change)).toBe(`changed Jerry ${status} online`);
      }
      const left = next(watch);
      await jerry.leave();
      expect(told(await left)).toBe("left Jerry busy online");
      stop.abort();
    });
  });

  test("reports records that do not parse, and leaves them as they are", async () => {
    await team.members.register(profile("Tom"));
    const garbage = new TextEncoder().encode("{}");
    const paths = ["instances/bad", "messages/worse"].map((path) => `${root}/${path}`);
    for (const path of paths) await zk.create(path, garbage);
    const record = (await zk.getData(`${root}/instances/Tom`)).data;
    await zk.create(`${root}/instances/copy`, record);
    expect(await names()).toEqual(["Tom"]);
    expect(await team.members.find("Tom")).toMatchObject({ id: "Tom" });
    const reported = new Set(team.corrupt.map((node) => (node as { path: string }).path));
    expect(reported).toEqual(new Set([...paths, `${root}/instances/copy`]));
    const bad = InstanceId.parse("bad");
    for (
      const step of [
        () => team.members.register(profile("bad")),
        () => team.members.attach(profile("bad"), alive),
        () => team.members.renew(bad),
        () => team.members.unregister(bad),
      ]
    ) await expect(step()).rejects.toMatchObject({ code: "CORRUPT_DATA" });
    for (const path of paths) expect((await zk.exists(path))?.version).toBe(0);
  });

  test.each<Loss>(["before", "after", "late"])(
    "whichever reply is lost (%s), each step is done once",
    async (how) => {
      for (let at = 1;; at++) {
        const path = await server.freshRoot();
        const faulty = new FaultyZooKeeper(zk, { loseWrite: { at, how } });
        const { members } = teamOn(faulty.zk, path);
        await members.register(profile("jerry"));
        await members.renew(InstanceId.parse("jerry"));
        expect(await members.unregister(InstanceId.parse("jerry"))).toBe(true);
        const attachment: Attachment = await members.attach(profile("tom"), alive);
        await attachment.update({ status: "busy" });
        const witness = teamOn(zk, path);
        await expect.poll(() => witness.members.list()).toMatchObject([
          { id: "tom", status: "busy" },
        ]);
        await attachment.leave();
        await faulty.settle();
        expect(await witness.members.list()).toEqual([]);
        const told = (await witness.journal.read()).map(({ type, by }) => `${type} ${by}`);
        expect(told).toEqual([
          "member_joined jerry",
          "member_left jerry",
          "member_joined tom",
          "member_left tom",
        ]);
        if (faulty.writes < at) break;
      }
    },
  );

  test("status() counts members, tasks, and what is retained", async () => {
    const attachment = await team.members.attach(profile("tom"), alive);
    await attachment.update({ status: "busy" });
    await team.members.register(profile("jerry"));
    await team.tasks.push({ title: "one" }, PERSON);
    const { id } = await team.tasks.push({ title: "two" }, PERSON);
    await team.tasks.cancel(id, PERSON);
    const from = { id: "", name: "Tester" } as const;
    const sent = await team.inbox.send({ type: "direct", to: [tom], from, content: "x" });
    await team.inbox.markRead(tom, sent.id);
    expect(await team.status()).toMatchObject({
      leader: null,
      epoch: 0,
      members: { online: 2, busy: 1, expired: 0 },
      tasks: { pending: 1, cancelled: 1 },
      paused_until: null,
      retained: { finished_tasks: 1, read_messages: 1 },
    });
    await attachment.leave();
  });

  test("a view ends with its client", async () => {
    const [, session] = await open();
    const view = await WatchView.open(session.zk, [{ path: root }], systemClock);
    expect(await view.next()).toBe("changed");
    expect(await view.next({ withinMs: 1 })).toBe("elapsed");
    const ended = view.next();
    await session.zk.close();
    await expect(ended).rejects.toMatchObject({ code: "CLOSED" });
  });
}, { tickMs: 500, mistreats: true });
