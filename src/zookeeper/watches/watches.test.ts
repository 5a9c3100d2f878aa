import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../platform/simulated/virtual_clock.ts";
import { connect } from "../client.ts";
import { AddWatchMode, EventType, OpCode, WatcherType } from "../protocol/opcodes.ts";
import { getDataReply } from "../protocol/replies.ts";
import {
  addWatchRequest,
  removeWatchesRequest,
  setWatches2Request,
  type SetWatchesRequest,
  setWatchesRequest,
  watchedRequest,
} from "../protocol/requests.ts";
import { ScriptedNetwork, type ScriptedRequest } from "../simulated/scripted_network.ts";
import type { ConnectOptions, Watch, WatchEvent, ZooKeeper } from "../zookeeper.ts";

const STAT = {
  czxid: 1n,
  mzxid: 1n,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
  pzxid: 1n,
};
const RECURSIVE = { recursive: true };
const EXACT = { recursive: false };

let clock: VirtualClock;
let network: ScriptedNetwork;
let log: string[];

beforeEach(() => {
  clock = new VirtualClock();
  network = new ScriptedNetwork(clock);
  log = [];
});

async function connected(options: Partial<ConnectOptions> = {}): Promise<ZooKeeper> {
  const opening = connect({ hosts: "one:1", ...options }, network.environment);
  network.latest.accept(1n);
  const zk = await opening;
  await clock.advance(2_000);
  return zk;
}

const listener = (name: string) => (event: WatchEvent) => {
  log.push([name, event.type, ...("path" in event ? [event.path] : [])].join(" "));
};

/** Answers all requests that have come, reads with empty data; gives them. */
async function answer(): Promise<ScriptedRequest[]> {
  await clock.advance(0);
  const requests = network.latest.requests();
  const data = { data: new Uint8Array(0), stat: STAT };
  for (const request of requests) {
    const isRead = request.type === OpCode.getData;
    network.latest.reply(request, isRead ? { write: (w) => getDataReply.write(w, data) } : {});
  }
  await clock.advance(0);
  return requests;
}

async function watch(zk: ZooKeeper, path: string, options = EXACT, name = "w"): Promise<Watch> {
  const adding = zk.addWatch(path, options, listener(name));
  await answer();
  return await adding;
}

async function read(zk: ZooKeeper, path: string, name: string): Promise<boolean> {
  const reading = zk.getData(path, listener(name));
  const [request] = await answer();
  await reading;
  return request !== undefined && watchedRequest.read(request.body).watch;
}

/** What the server saw: every request by name, path and mode. */
function seen(requests: readonly ScriptedRequest[]): string[] {
  return requests.map(({ type, body }) => {
    if (type === OpCode.addWatch) {
      const { path, mode } = addWatchRequest.read(body);
      return `add ${path} ${mode === AddWatchMode.persistentRecursive ? "recursive" : "exact"}`;
    }
    if (type !== OpCode.removeWatches) return `type ${type}`;
    const removal = removeWatchesRequest.read(body);
    return `remove ${removal.path}${removal.type === WatcherType.any ? "" : " not all"}`;
  });
}

async function event(type: number, path: string): Promise<void> {
  network.latest.event(type, path);
  await clock.advance(0);
}

/** Loses the connection and attaches the session again, or another. */
function reconnect(sessionId = 1n): void {
  network.latest.close();
  network.latest.accept(sessionId);
}

describe("persistent watches", () => {
  test("several on one path share the server's, which goes with the last", async () => {
    const zk = await connected();
    const [first, second] = [
      await watch(zk, "/a", EXACT, "1"),
      await watch(zk, "/a", EXACT, "2"),
    ];
    await event(EventType.changed, "/a");
    expect(log).toEqual(["1 changed /a", "2 changed /a"]);
    await first.remove();
    expect(await answer()).toEqual([]);
    await event(EventType.deleted, "/a");
    expect(log.slice(2)).toEqual(["2 deleted /a"]);
    const removing = second.remove();
    expect(seen(await answer())).toEqual(["remove /a"]);
    await removing;
    await second.remove();
    expect(await answer()).toEqual([]);
  });

  test("a recursive one hears of all below, and is not replaced by an exact one", async () => {
    const zk = await connected();
    const recursive = await watch(zk, "/a", RECURSIVE, "all");
    const adding = zk.addWatch("/a", EXACT, listener("one"));
    expect(seen(await answer())).toEqual(["add /a recursive"]);
    await adding;
    await event(EventType.created, "/a/b");
    await event(EventType.created, "/a/b/c");
    await event(EventType.changed, "/a");
    await event(EventType.deleted, "/ab");
    expect(log).toEqual([
      "all created /a/b",
      "one children_changed /a",
      "all created /a/b/c",
      "one changed /a",
      "all changed /a",
    ]);
    const removing = recursive.remove();
    expect(seen(await answer())).toEqual(["add /a exact"]);
    await removing;
  });

  test("an exact one becomes recursive when that is asked for, also at the root", async () => {
    const zk = await connected();
    await watch(zk, "/", EXACT, "one");
    const adding = zk.addWatch("/", RECURSIVE, listener("all"));
    expect(seen(await answer())).toEqual(["add / recursive"]);
    await adding;
    await event(EventType.created, "/x");
    expect(log).toEqual(["all created /x", "one children_changed /"]);
  });

  test("one that the server refuses is not kept", async () => {
    const zk = await connected();
    const adding = zk.addWatch("/a", EXACT, listener("w"));
    const failure = expect(adding).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
    await clock.advance(0);
    for (const request of network.latest.requests()) network.latest.reply(request, { error: -6 });
    await failure;
    reconnect();
    expect(await answer()).toEqual([]);
  });

  test("a removed one hears nothing, even of what has come already", async () => {
    const zk = await connected();
    const removed = await watch(zk, "/a");
    network.latest.event(EventType.changed, "/a");
    void removed.remove();
    await answer();
    expect(log).toEqual([]);
  });

  test("removing settles without a connection", async () => {
    const zk = await connected();
    const removed = await watch(zk, "/a");
    network.latest.close();
    await removed.remove();
    network.latest.accept(1n);
    expect(await answer()).toEqual([]);
  });
});

describe("one-shot watches", () => {
  test("fire once", async () => {
    const zk = await connected();
    expect(await read(zk, "/a", "once")).toBe(true);
    await event(EventType.changed, "/a");
    await event(EventType.changed, "/a");
    expect(log).toEqual(["once changed /a"]);
  });

  test("of a node that does not exist wait for its creation", async () => {
    const zk = await connected();
    const looking = zk.exists("/a", listener("once"));
    await clock.advance(0);
    for (const request of network.latest.requests()) network.latest.reply(request, { error: -101 });
    expect(await looking).toBeNull();
    await event(EventType.created, "/a");
    expect(log).toEqual(["once created /a"]);
  });

  test("of a read that failed do not stand", async () => {
    const zk = await connected();
    const reading = expect(zk.getData("/a", listener("once"))).rejects.toThrow("no such node");
    await clock.advance(0);
    for (const request of network.latest.requests()) network.latest.reply(request, { error: -101 });
    await reading;
    await event(EventType.created, "/a");
    expect(log).toEqual([]);
  });

  test("do not take the place of a persistent one, which serves them", async () => {
    const zk = await connected();
    const persistent = await watch(zk, "/a");
    expect(await read(zk, "/a", "once")).toBe(false);
    await persistent.remove();
    expect(await answer()).toEqual([]);
    await event(EventType.changed, "/a");
    expect(log).toEqual(["once changed /a"]);
    expect(seen(await answer())).toEqual(["remove /a"]);
  });

  test("are told to read again where the persistent one went while they were read", async () => {
    const zk = await connected();
    const persistent = await watch(zk, "/a");
    const reading = zk.getData("/a", listener("once"));
    const removing = persistent.remove();
    await answer();
    await Promise.all([reading, removing]);
    await clock.advance(0);
    expect(log).toEqual(["once resumed"]);
  });
});

describe("events", () => {
  test("come after the reply before them, and before the reply behind them", async () => {
    const zk = await connected();
    await watch(zk, "/a");
    const first = zk.sync("/a").then(() => log.push("first reply"));
    const second = zk.sync("/a").then(() => log.push("second reply"));
    await clock.advance(0);
    const [one, two] = network.latest.requests();
    const path = { write: (w: Parameters<typeof getDataReply.write>[0]) => w.string("/a") };
    network.latest.reply(one ?? { xid: 0 }, path);
    network.latest.event(EventType.changed, "/a");
    network.latest.reply(two ?? { xid: 0 }, path);
    await Promise.all([first, second]);
    expect(log).toEqual(["first reply", "w changed /a", "second reply"]);
  });

  test("reach the other listeners when one throws", async () => {
    const errors: unknown[] = [];
    const zk = await connected({ onListenerError: (error) => errors.push(error) });
    const adding = zk.addWatch("/a", EXACT, () => {
      throw new Error("mine");
    });
    await answer();
    await adding;
    await watch(zk, "/a");
    await event(EventType.changed, "/a");
    expect(log).toEqual(["w changed /a"]);
    expect(errors).toMatchObject([{ message: "mine" }]);
  });

  test("carry paths as seen from the chroot; those beyond it are dropped", async () => {
    const zk = await connected({ hosts: "one:1/team" });
    await watch(zk, "/", RECURSIVE);
    await event(EventType.changed, "/team");
    await event(EventType.created, "/team/a");
    await event(EventType.created, "/teams");
    expect(log).toEqual(["w changed /", "w created /a"]);
  });
});

describe("after a reconnect", () => {
  const setWatches = (request: ScriptedRequest | undefined): SetWatchesRequest | null => {
    if (request?.type === OpCode.setWatches) return setWatchesRequest.read(request.body);
    return request?.type === OpCode.setWatches2 ? setWatches2Request.read(request.body) : null;
  };

  test("all watches are set before anything else is asked; then persistent ones resume", async () => {
    const zk = await connected();
    await read(zk, "/data", "once");
    await watch(zk, "/exact", EXACT, "exact");
    await watch(zk, "/all", RECURSIVE, "all");
    const looking = zk.exists("/none", listener("once"));
    await clock.advance(0);
    for (const request of network.latest.requests()) {
      network.latest.reply(request, { error: -101, zxid: 44n });
    }
    await looking;
    network.latest.close();
    void zk.sync("/").catch(() => {});
    network.latest.accept(1n);
    await clock.advance(0);
    const [restoring, ...others] = network.latest.requests();
    expect(others).toMatchObject([{ type: OpCode.sync }]);
    expect(setWatches(restoring)).toEqual({
      relativeZxid: 44n,
      data: ["/data"],
      exists: ["/none"],
      children: [],
      persistent: ["/exact"],
      recursive: ["/all"],
    });
    network.latest.event(EventType.changed, "/data");
    await clock.advance(0);
    expect(log).toEqual(["once changed /data"]);
    network.latest.reply(restoring ?? { xid: 0 });
    await clock.advance(0);
    expect(log.slice(1)).toEqual(["exact resumed", "all resumed"]);
  });

  test("the older request does where there are no persistent ones", async () => {
    const zk = await connected();
    await read(zk, "/data", "once");
    reconnect();
    const requests = await answer();
    expect(requests).toMatchObject([{ type: OpCode.setWatches }]);
    expect(log).toEqual([]);
  });

  test("one-shot ones stand for themselves where a persistent one has served them", async () => {
    const zk = await connected();
    const persistent = await watch(zk, "/a");
    await read(zk, "/a", "once");
    await persistent.remove();
    reconnect();
    const [restoring] = await answer();
    expect(setWatches(restoring)).toMatchObject({ data: ["/a"], persistent: [] });
    expect(restoring?.type).toBe(OpCode.setWatches);
  });

  test("many are set in several requests, and resume after the last", async () => {
    const zk = await connected();
    const long = "x".repeat(50_000);
    for (let i = 0; i < 6; i++) await watch(zk, `/${long}${i}`);
    reconnect();
    await clock.advance(0);
    const requests = network.latest.requests();
    expect(requests).toHaveLength(3);
    for (const request of requests.slice(0, 2)) network.latest.reply(request);
    await clock.advance(0);
    expect(log).toEqual([]);
    for (const request of requests.slice(2)) network.latest.reply(request);
    await clock.advance(0);
    expect(log).toHaveLength(6);
  });

  test("a server that cannot set them is left for another", async () => {
    const zk = await connected();
    await watch(zk, "/a");
    reconnect();
    await clock.advance(0);
    for (const request of network.latest.requests()) network.latest.reply(request, { error: -6 });
    expect(zk.state).toBe("suspended");
  });

  test("with a new session, persistent ones resume and one-shot ones end", async () => {
    const zk = await connected();
    await watch(zk, "/exact", EXACT, "exact");
    await read(zk, "/data", "once");
    network.latest.close();
    network.latest.accept(0n, 0);
    await clock.advance(1_000);
    network.latest.accept(2n);
    const [restoring] = await answer();
    expect(setWatches(restoring)).toMatchObject({ data: [], persistent: ["/exact"] });
    expect(log).toEqual(["once resumed", "exact resumed"]);
    await event(EventType.changed, "/data");
    expect(log).toHaveLength(2);
  });
});
