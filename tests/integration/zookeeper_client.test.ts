import { afterEach, describe, expect, test } from "vitest";
import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { connect } from "../../src/zookeeper/client.ts";
import { digestId } from "../../src/zookeeper/digest.ts";
import type {
  Acl,
  ConnectOptions,
  CreateMode,
  Stat,
  StateChange,
  WatchEvent,
  ZooKeeper,
} from "../../src/zookeeper/zookeeper.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";

const open: ZooKeeper[] = [];
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

afterEach(async () => {
  for (const zk of open.splice(0)) await zk.close();
});

async function client(hosts: string, options: Partial<ConnectOptions> = {}): Promise<ZooKeeper> {
  const zk = await connect({ hosts, ...options }, nodeEnvironment);
  open.push(zk);
  return zk;
}

/** A client whose root is a fresh node. */
async function freshClient(server: ZooKeeperServer, options: Partial<ConnectOptions> = {}) {
  return await client(server.hosts + await server.freshRoot(), options);
}

/** Listener that keeps its events, and waits until it has as many as asked for. */
function recorder() {
  const events: string[] = [];
  let wake = () => {};
  return {
    events,
    listener: (event: WatchEvent) => {
      events.push("path" in event ? `${event.type} ${event.path}` : event.type);
      wake();
    },
    async first(count: number): Promise<string[]> {
      while (events.length < count) await new Promise<void>((resolve) => wake = resolve);
      return events.slice(0, count);
    },
  };
}

function nextState(zk: ZooKeeper, state: StateChange["state"]): Promise<StateChange> {
  return new Promise((resolve) => {
    const stop = zk.onStateChange((change) => {
      if (change.state !== state) return;
      stop();
      resolve(change);
    });
  });
}

/** Creates in each mode; whether it numbers its nodes is given for each. */
function describeModes(
  server: ZooKeeperServer,
  isSequential: Partial<Record<CreateMode, boolean>>,
): void {
  test.each(Object.entries(isSequential) as [CreateMode, boolean][])(
    "creates in mode %s, alone and in a transaction",
    async (mode, isSequential) => {
      const zk = await freshClient(server);
      const options = { mode, ...(mode.endsWith("ttl") ? { ttlMs: 60_000 } : {}) };
      const alone = await zk.create("/n", bytes("x"), options);
      expect(alone.path).toBe(isSequential ? "/n0000000000" : "/n");
      expect(alone.stat.dataLength).toBe(1);
      const owner = alone.stat.ephemeralOwner;
      if (mode.startsWith("ephemeral")) expect(owner.toString(16)).toBe(zk.sessionId);
      else expect(owner).toBe(0n);
      const [result] = await zk.multi([{ type: "create", path: "/m", ...options }]);
      expect(result).toMatchObject({
        type: "create",
        path: isSequential ? "/m0000000001" : "/m",
      });
      if (isSequential) {
        const below = await zk.create("/", undefined, options);
        expect(below.path).toBe("/0000000002");
      }
    },
  );
}

describeWithZooKeeper("nodes with a time to live", (server) => {
  describeModes(server, { persistent_ttl: false, persistent_sequential_ttl: true });
}, { timeToLive: true });

describeWithZooKeeper("operations", (server) => {
  test("create, read, write, look up, list and delete", async () => {
    const zk = await freshClient(server);
    const { path, stat } = await zk.create("/a", bytes("one"));
    expect(path).toBe("/a");
    expect(stat).toMatchObject({ version: 0, dataLength: 3, numChildren: 0, ephemeralOwner: 0n });
    expect(Math.abs(stat.ctime - Date.now())).toBeLessThan(60_000);
    expect(await zk.getData("/a")).toEqual({ data: bytes("one"), stat });

    const written = await zk.setData("/a", bytes("zwei"), 0);
    expect(written).toMatchObject({ version: 1, dataLength: 4, czxid: stat.czxid });
    expect(written.mzxid).toBeGreaterThan(stat.mzxid);
    expect(await zk.exists("/a")).toEqual(written);
    expect(await zk.exists("/none")).toBeNull();

    await zk.create("/a/b");
    await zk.create("/a/ç");
    const { children, stat: parent } = await zk.getChildren("/a");
    expect(children.sort()).toEqual(["b", "ç"]);
    expect(parent).toMatchObject({ numChildren: 2, cversion: 2 });
    expect(await zk.getAllChildrenNumber("/a")).toBe(2);
    expect((await zk.getData("/a/b")).data).toEqual(new Uint8Array(0));

    await zk.delete("/a/b", 0);
    await zk.delete("/a/ç");
    await zk.sync("/a");
    await zk.delete("/a", 1);
    expect(await zk.exists("/a")).toBeNull();
  });

  test("what the server refuses says why, where, and that nothing happened", async () => {
    const zk = await freshClient(server);
    await zk.create("/a");
    await zk.create("/a/e", undefined, { mode: "ephemeral" });
    const refused = async (operation: Promise<unknown>, code: string, path = "/a") =>
      await expect(operation).rejects.toMatchObject({ code, path, outcome: "refused" });
    await refused(zk.create("/a"), "NODE_EXISTS");
    await refused(zk.create("/x/y"), "NO_NODE", "/x/y");
    await refused(zk.create("/a/e/f"), "NO_CHILDREN_FOR_EPHEMERALS", "/a/e/f");
    await refused(zk.delete("/a"), "NOT_EMPTY");
    await refused(zk.setData("/a", bytes(""), 7), "BAD_VERSION");
    await refused(zk.getData("/none"), "NO_NODE", "/none");
    await refused(zk.create("/b", undefined, { acl: [] }), "INVALID_ACL", "/b");
    await expect(zk.getChildren("/none")).rejects.toThrow('Cannot list "/none": no such node');
  });

  describeModes(server, {
    persistent: false,
    ephemeral: false,
    persistent_sequential: true,
    ephemeral_sequential: true,
    container: false,
  });

  test("lists the ephemeral nodes of its own session, below a prefix", async () => {
    const [zk, other] = [await freshClient(server), await freshClient(server)];
    await zk.create("/d");
    await zk.create("/d/e", undefined, { mode: "ephemeral" });
    await zk.create("/f", undefined, { mode: "ephemeral" });
    await other.create("/g", undefined, { mode: "ephemeral" });
    expect((await zk.getEphemerals()).sort()).toEqual(["/d/e", "/f"]);
    expect(await zk.getEphemerals("/d")).toEqual(["/d/e"]);
    expect(await other.getEphemerals()).toEqual(["/g"]);
  });

  test("ephemeral nodes go when their client closes", async () => {
    const root = await server.freshRoot();
    const [zk, other] = [await client(server.hosts + root), await client(server.hosts + root)];
    await other.create("/e", undefined, { mode: "ephemeral" });
    const seen = recorder();
    await zk.exists("/e", seen.listener);
    await other.close();
    expect(await seen.first(1)).toEqual(["deleted /e"]);
  });

  test("takes data up to the server's limit, and refuses more unsent", async () => {
    const zk = await freshClient(server);
    const data = new Uint8Array(1_048_400).fill(7);
    await zk.create("/big", data);
    expect(Buffer.compare((await zk.getData("/big")).data, data)).toBe(0);
    await expect(zk.setData("/big", new Uint8Array(1_048_575))).rejects.toMatchObject({
      code: "PACKET_TOO_LARGE",
      outcome: "not_sent",
    });
    expect(zk.state).toBe("connected");
    // The largest packet that passes here passes there, too: length 8 + path + data + version.
    const path = (await server.freshRoot()).length;
    const most = 1_048_575 - 8 - 4 - (path + "/big".length) - 4 - 4;
    const stat = await zk.setData("/big", new Uint8Array(most));
    expect(stat.dataLength).toBe(most);
  });

  test("reads child lists far over the limit for requests", async () => {
    const zk = await freshClient(server);
    const name = "n".repeat(200);
    const ops = Array.from({ length: 8_000 }, (_, i) => `/${name}${i}`);
    await Promise.all(ops.map((path) => zk.create(path)));
    const { children } = await zk.getChildren("/");
    expect(children).toHaveLength(8_000);
    expect(new Set(children).size).toBe(8_000);
  });

  test("keeps hundreds of operations in order", async () => {
    const zk = await freshClient(server);
    await zk.create("/n");
    const stats = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => zk.setData("/n", bytes(String(i)), i)),
    );
    expect(stats.map(({ version }) => version)).toEqual(stats.map((_, i) => i + 1));
  });
});

describeWithZooKeeper("transactions", (server) => {
  test("give a result for each operation", async () => {
    const zk = await freshClient(server);
    await zk.create("/a");
    const results = await zk.multi([
      { type: "check", path: "/a", version: 0 },
      { type: "create", path: "/a/s-", mode: "persistent_sequential" },
      { type: "set", path: "/a", data: bytes("x"), version: 0 },
      { type: "create", path: "/b", data: bytes("y"), mode: "ephemeral" },
      { type: "delete", path: "/b" },
    ]);
    expect(results).toMatchObject([
      { type: "check" },
      { type: "create", path: "/a/s-0000000000" },
      { type: "set", stat: { version: 1 } },
      { type: "create", path: "/b" },
      { type: "delete" },
    ]);
    expect(await zk.exists("/b")).toBeNull();
    expect(await zk.multi([])).toEqual([]);
  });

  test("that fail name the operation, and leave nothing behind", async () => {
    const zk = await freshClient(server);
    await zk.create("/a");
    const failing = zk.multi([
      { type: "create", path: "/b" },
      { type: "set", path: "/a", data: bytes("x") },
      { type: "check", path: "/a", version: 5 },
      { type: "delete", path: "/none" },
    ]);
    await expect(failing).rejects.toMatchObject({
      name: "MultiError",
      code: "BAD_VERSION",
      index: 2,
      path: "/a",
      outcome: "refused",
    });
    expect(await zk.exists("/b")).toBeNull();
    expect(await zk.exists("/a")).toMatchObject({ version: 0 });
    await expect(zk.multi([{ type: "delete", path: "/none" }])).rejects.toMatchObject({
      code: "NO_NODE",
      index: 0,
    });
    await expect(zk.multi([{ type: "delete", path: "none" }])).rejects.toMatchObject({
      code: "INVALID_PATH",
      outcome: "not_sent",
    });
  });

  test("read several nodes at once, each with its own result", async () => {
    const zk = await freshClient(server);
    await zk.create("/a", bytes("x"));
    expect(
      await zk.multiRead([
        { type: "getData", path: "/a" },
        { type: "getData", path: "/none" },
        { type: "getChildren", path: "/" },
      ]),
    ).toMatchObject([
      { type: "getData", data: bytes("x"), stat: { version: 0 } },
      { type: "error", code: "NO_NODE" },
      { type: "getChildren", children: ["a"] },
    ]);
  });
});

describeWithZooKeeper("watches", (server) => {
  async function pair(): Promise<[ZooKeeper, ZooKeeper]> {
    const hosts = server.hosts + await server.freshRoot();
    return [await client(hosts), await client(hosts)];
  }

  test("one-shot ones tell of one change each", async () => {
    const [zk, other] = await pair();
    const [data, list, none] = [recorder(), recorder(), recorder()];
    await zk.create("/a");
    await zk.getData("/a", data.listener);
    await zk.getChildren("/a", list.listener);
    expect(await zk.exists("/a/b", none.listener)).toBeNull();
    await other.setData("/a", bytes("1"));
    await other.setData("/a", bytes("2"));
    await other.create("/a/b");
    await other.delete("/a/b");
    expect(await none.first(1)).toEqual(["created /a/b"]);
    await zk.sync("/");
    expect([data.events, list.events, none.events]).toEqual([
      ["changed /a"],
      ["children_changed /a"],
      ["created /a/b"],
    ]);
  });

  test("an exact persistent one tells of every change of its node and its list", async () => {
    const [zk, other] = await pair();
    const seen = recorder();
    await zk.addWatch("/a", { recursive: false }, seen.listener);
    await other.create("/a");
    await other.setData("/a", bytes("1"));
    await other.create("/a/b");
    await other.setData("/a/b", bytes("1"));
    await other.delete("/a/b");
    await other.delete("/a");
    expect(await seen.first(5)).toEqual([
      "created /a",
      "changed /a",
      "children_changed /a",
      "children_changed /a",
      "deleted /a",
    ]);
  });

  test("a recursive one tells of every node below", async () => {
    const [zk, other] = await pair();
    const seen = recorder();
    await zk.addWatch("/", { recursive: true }, seen.listener);
    await other.multi([{ type: "create", path: "/a" }, { type: "create", path: "/a/b" }]);
    await other.setData("/a/b", bytes("1"));
    await other.delete("/a/b");
    expect(await seen.first(4)).toEqual([
      "created /a",
      "created /a/b",
      "changed /a/b",
      "deleted /a/b",
    ]);
  });

  test("all kinds stand on one node, whatever the order in which they were set", async () => {
    const [zk, other] = await pair();
    await other.create("/a");
    const [exact, all, once, list] = [recorder(), recorder(), recorder(), recorder()];
    const recursive = await zk.addWatch("/a", { recursive: true }, all.listener);
    await zk.addWatch("/a", { recursive: false }, exact.listener);
    await zk.getData("/a", once.listener);
    await zk.getChildren("/a", list.listener);
    for (const change of ["first", "second"]) await other.setData("/a", bytes(change));
    await other.create("/a/b");
    await other.delete("/a/b");
    expect(await all.first(4)).toEqual([
      "changed /a",
      "changed /a",
      "created /a/b",
      "deleted /a/b",
    ]);
    expect(await exact.first(4)).toEqual([
      "changed /a",
      "changed /a",
      "children_changed /a",
      "children_changed /a",
    ]);
    expect([once.events, list.events]).toEqual([["changed /a"], ["children_changed /a"]]);

    await recursive.remove();
    await other.create("/a/c");
    await other.setData("/a/c", bytes("1"));
    await other.setData("/a", bytes("third"));
    expect((await exact.first(6)).slice(4)).toEqual(["children_changed /a", "changed /a"]);
    expect(all.events).toHaveLength(4);
  });

  test("removed, they are quiet, and gone on the server", async () => {
    const [zk, other] = await pair();
    const [removed, kept] = [recorder(), recorder()];
    const watch = await zk.addWatch("/a", { recursive: false }, removed.listener);
    await zk.addWatch("/b", { recursive: false }, kept.listener);
    await watch.remove();
    await other.create("/a");
    await other.create("/b");
    expect(await kept.first(1)).toEqual(["created /b"]);
    expect(removed.events).toEqual([]);
  });

  test("an event comes before the reply that shows the change", async () => {
    const [zk, other] = await pair();
    const order: string[] = [];
    await zk.create("/a");
    await zk.addWatch("/a", { recursive: false }, ({ type }) => order.push(type));
    for (let i = 0; i < 50; i++) {
      const reading = (async () => {
        for (;;) {
          const { stat } = await zk.getData("/a");
          if (stat.version > i) return order.push("read");
        }
      })();
      await other.setData("/a", bytes(String(i)));
      await reading;
      expect(order.splice(0)).toEqual(["changed", "read"]);
    }
  });
});

describeWithZooKeeper("chroot", (server) => {
  test("is before every path, and in none that comes back", async () => {
    const root = await server.freshRoot();
    const [inside, outside] = [await client(server.hosts + root), await client(server.hosts)];
    const seen = recorder();
    await inside.addWatch("/", { recursive: true }, seen.listener);
    const created = await inside.create("/a-", undefined, { mode: "ephemeral_sequential" });
    expect(created.path).toBe("/a-0000000000");
    expect(await outside.exists(`${root}/a-0000000000`)).not.toBeNull();
    expect(await seen.first(1)).toEqual(["created /a-0000000000"]);
    expect(await inside.getEphemerals()).toEqual(["/a-0000000000"]);
    expect((await inside.getChildren("/")).children).toEqual(["a-0000000000"]);
    expect(await inside.getAllChildrenNumber("/")).toBe(1);
    await outside.setData(root, bytes("x"));
    expect((await seen.first(2))[1]).toBe("changed /");
  });
});

describeWithZooKeeper("authentication", (server) => {
  const auth = [{ scheme: "digest", credential: "tom:cheese" }];

  test("opens nodes that are closed to others, and fills in the default ACL", async () => {
    const root = await server.freshRoot();
    const own: Acl = { permissions: 31, scheme: "digest", id: await digestId("tom", "cheese") };
    const tom = await client(server.hosts + root, { auth, defaultAcl: [own] });
    const jerry = await client(server.hosts + root);
    await tom.create("/mine", bytes("x"));
    await tom.multi([{ type: "create", path: "/mine/too" }]);
    expect((await tom.getAcl("/mine")).acl).toEqual([own]);
    expect((await tom.getAcl("/mine/too")).acl).toEqual([own]);
    const refused = { code: "NO_AUTH", outcome: "refused" };
    await expect(jerry.getData("/mine")).rejects.toMatchObject(refused);
    await expect(jerry.delete("/mine/too")).rejects.toMatchObject(refused);

    const world: Acl = { permissions: 1, scheme: "world", id: "anyone" };
    const stat: Stat = await tom.setAcl("/mine", [own, world], 0);
    expect(stat.aversion).toBe(1);
    expect(text((await jerry.getData("/mine")).data)).toBe("x");
    await expect(jerry.setData("/mine", bytes("y"))).rejects.toMatchObject(refused);
    await expect(tom.setAcl("/mine", [own], 0)).rejects.toMatchObject({ code: "BAD_VERSION" });
  });

  test("that the server does not know closes the client for good", async () => {
    const failing = connect(
      { hosts: server.hosts, auth: [{ scheme: "nonsense", credential: "x" }] },
      nodeEnvironment,
    );
    await expect(failing).rejects.toMatchObject({ code: "AUTH_FAILED", outcome: "not_sent" });
  });
});

describe("a server that comes back", () => {
  describeWithZooKeeper("from SIGKILL", (server) => {
    test("has the session, its ephemeral nodes, its identity and its watches", async () => {
      const root = await server.freshRoot();
      const own: Acl = { permissions: 31, scheme: "digest", id: await digestId("tom", "cheese") };
      const options = {
        auth: [{ scheme: "digest", credential: "tom:cheese" }],
        defaultAcl: [own],
        sessionTimeoutMs: 20_000,
      };
      const zk = await client(server.hosts + root, options);
      const [standing, once] = [recorder(), recorder()];
      await zk.create("/e", undefined, { mode: "ephemeral" });
      await zk.addWatch("/", { recursive: true }, standing.listener);
      await zk.exists("/later", once.listener);
      const { sessionId } = zk;

      const suspended = nextState(zk, "suspended");
      await server.kill();
      await suspended;
      const queued = zk.getData("/e");
      const back = nextState(zk, "connected");
      await server.restart();
      expect(await back).toMatchObject({ sessionId, isNewSession: false });
      expect((await queued).stat.ephemeralOwner.toString(16)).toBe(sessionId);
      expect(await standing.first(1)).toEqual(["resumed"]);
      await zk.create("/later");
      expect((await standing.first(2))[1]).toBe("created /later");
      expect(await once.first(1)).toEqual(["created /later"]);
    });
  }, { mistreats: true });
});
