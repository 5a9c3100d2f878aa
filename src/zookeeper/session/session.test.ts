import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../platform/simulated/virtual_clock.ts";
import { connect } from "../client.ts";
import { OpCode, Xid } from "../protocol/opcodes.ts";
import { pathReply } from "../protocol/replies.ts";
import { authRequest, pathRequest } from "../protocol/requests.ts";
import { type ScriptedConnection, ScriptedNetwork } from "../simulated/scripted_network.ts";
import type { ConnectOptions, ZooKeeper } from "../zookeeper.ts";

let clock: VirtualClock;
let network: ScriptedNetwork;

beforeEach(() => {
  clock = new VirtualClock();
  network = new ScriptedNetwork(clock);
});

/** Connects by way of a server that grants 9 s: pings after 3 s, silent after 6 s. */
async function connected(options: Partial<ConnectOptions> = {}): Promise<ZooKeeper> {
  const opening = connect({ hosts: "one:1", ...options }, network.environment);
  network.latest.accept(17n);
  return await opening;
}

const sync = (zk: ZooKeeper, path = "/a") => outcomeOf(zk.sync(path));
const body = { write: (writer: Parameters<typeof pathReply.write>[0]) => writer.string("/a") };

/** "done", or code and outcome of the failure. */
function outcomeOf(operation: Promise<unknown>): Promise<string> {
  return operation.then(() => "done", (error) => `${error.code} ${error.outcome}`);
}

/** States from now on, each with the time. */
function statesOf(zk: ZooKeeper): string[] {
  const states: string[] = [];
  zk.onStateChange(({ state, sessionId, isNewSession }) =>
    states.push(`${clock.monotonic()} ${state} ${sessionId}${isNewSession ? " new" : ""}`)
  );
  return states;
}

function answerPings(connection: ScriptedConnection): void {
  for (const request of connection.everything()) connection.reply(request);
}

describe("connect()", () => {
  test("asks for a session and resolves when it stands", async () => {
    const opening = connect({ hosts: "one:1", sessionTimeoutMs: 7_000 }, network.environment);
    const request = network.latest.accept(0xffn, 6_000);
    const zk = await opening;
    expect(request).toMatchObject({ timeoutMs: 7_000, sessionId: 0n, lastZxidSeen: 0n });
    expect(zk).toMatchObject({ state: "connected", sessionId: "ff", sessionTimeoutMs: 6_000 });
    expect(zk.endpoint).toEqual({ host: "one", port: 1 });
  });

  test("gives a dead host its share of the time, not all of it", async () => {
    const opening = connect({ hosts: "a:1,b:1", connectTimeoutMs: 4_000 }, network.environment);
    const dead = network.latest;
    await clock.advance(2_000);
    expect(dead.isDestroyed).toBe(true);
    expect(network.latest.endpoint).not.toEqual(dead.endpoint);
    network.latest.accept(1n);
    expect((await opening).state).toBe("connected");
  });

  test("gives up when each server was tried as often as it may be, at once", async () => {
    const options = { hosts: "a:1,b:1", connectRounds: 1 };
    const opening = connect(options, network.environment);
    const began = clock.monotonic();
    for (let attempt = 0; attempt < 2; attempt++) {
      network.latest.open();
      network.latest.close();
    }
    expect(await outcomeOf(opening)).toBe("CONNECT_TIMEOUT not_sent");
    expect(clock.monotonic()).toBe(began);
  });

  test("tries again where a server closes before it answers", async () => {
    const opening = connect({ hosts: "one:1" }, network.environment);
    network.latest.open();
    network.latest.close();
    await clock.advance(1_000);
    expect(network.connections).toHaveLength(2);
    network.latest.accept(1n);
    await opening;
  });

  test("gives up at its deadline, with the reason, and leaves nothing behind", async () => {
    const opening = connect({ hosts: "one:1", connectTimeoutMs: 3_000 }, network.environment);
    network.latest.close(new Error("connect ECONNREFUSED"));
    const failure = expect(opening).rejects.toMatchObject({
      code: "CONNECT_TIMEOUT",
      outcome: "not_sent",
      message: "no session within 3000 ms: connect ECONNREFUSED",
    });
    await clock.advance(2_999);
    network.latest.close(new Error("connect ECONNREFUSED"));
    await clock.advance(1);
    await failure;
    expect(clock.pending).toBe(0);
  });

  test("sends credentials before anything else, on every connection", async () => {
    const auth = [{ scheme: "digest", credential: "a:b" }];
    const opening = connect({ hosts: "one:1", auth }, network.environment);
    for (const sessionId of [1n, 1n]) {
      network.latest.accept(sessionId);
      expect(network.latest.writes).toBe(1);
      const [request] = network.latest.requests();
      expect(request).toMatchObject({ xid: Xid.auth, type: OpCode.auth });
      expect(request && authRequest.read(request.body).scheme).toBe("digest");
      network.latest.reply({ xid: Xid.auth });
      await opening;
      await clock.advance(2_000);
      network.latest.close();
    }
  });

  test("fails for good where they are refused", async () => {
    const opening = connect(
      { hosts: "one:1", auth: [{ scheme: "x", credential: "y" }] },
      network.environment,
    );
    network.latest.accept(1n);
    network.latest.reply({ xid: Xid.auth }, { error: -115 });
    await expect(opening).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(network.latest.isDestroyed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("refused later, fails what waits and closes", async () => {
    const zk = await (async () => {
      const opening = connect(
        { hosts: "one:1", auth: [{ scheme: "x", credential: "y" }] },
        network.environment,
      );
      network.latest.accept(1n);
      network.latest.reply({ xid: Xid.auth });
      return await opening;
    })();
    network.latest.close();
    const states = statesOf(zk);
    const waiting = sync(zk);
    await clock.advance(1_000);
    network.latest.accept(1n);
    network.latest.reply({ xid: Xid.auth }, { error: -115 });
    expect(await waiting).toBe("AUTH_FAILED unknown");
    expect(states.at(-1)).toContain("closed 0");
    expect(await sync(zk)).toBe("CLOSED not_sent");
  });
});

describe("requests", () => {
  test("of one turn leave in one write, in order, and are answered in order", async () => {
    const zk = await connected();
    const writes = network.latest.writes;
    const results = Promise.all(["/a", "/b", "/c"].map((path) => zk.sync(path)));
    await clock.advance(0);
    expect(network.latest.writes).toBe(writes + 1);
    const requests = network.latest.requests();
    expect(requests.map(({ body }) => pathRequest.read(body).path)).toEqual(["/a", "/b", "/c"]);
    for (const request of requests) network.latest.reply(request, body);
    await results;
  });

  test("a reply to another request than the oldest breaks the connection", async () => {
    const zk = await connected();
    const operations = [sync(zk, "/a"), sync(zk, "/b")];
    await clock.advance(0);
    const [, second] = network.latest.requests();
    network.latest.reply(second ?? { xid: 0 }, body);
    expect(await Promise.all(operations)).toEqual([
      "CONNECTION_LOSS unknown",
      "CONNECTION_LOSS unknown",
    ]);
    expect(zk.state).toBe("suspended");
  });

  test("a reply that nobody asked for breaks the connection", async () => {
    const zk = await connected();
    network.latest.reply({ xid: 5 });
    expect(zk.state).toBe("suspended");
  });

  test("a reply that cannot be read, or a frame out of bounds, breaks the connection", async () => {
    const zk = await connected();
    const reading = outcomeOf(zk.getData("/a"));
    await clock.advance(0);
    const [request] = network.latest.requests();
    network.latest.reply(request ?? { xid: 0 }, { write: (writer) => writer.int(1_000) });
    expect(await reading).toBe("CONNECTION_LOSS unknown");
    await clock.advance(1_000);
    network.latest.accept(17n);
    expect(zk.state).toBe("connected");
    network.latest.data(Uint8Array.of(255, 255, 255, 255));
    expect(zk.state).toBe("suspended");
  });

  test("too large ones, and such with invalid paths, are refused before they are sent", async () => {
    const zk = await connected({ maxPacketBytes: 1_000 });
    const writes = network.latest.writes;
    expect(await outcomeOf(zk.setData("/a", new Uint8Array(1_000)))).toBe(
      "PACKET_TOO_LARGE not_sent",
    );
    // Xid, type, path and data with their lengths, version: 4 + 4 + 6 + 983 + 4 = 1,001.
    expect(await outcomeOf(zk.setData("/a", new Uint8Array(979)))).toBe(
      "PACKET_TOO_LARGE not_sent",
    );
    expect(await outcomeOf(zk.setData("/a/", new Uint8Array(1)))).toBe("INVALID_PATH not_sent");
    expect(await outcomeOf(zk.create("/a", undefined, { ttlMs: 5 }))).toBe(
      "BAD_ARGUMENTS not_sent",
    );
    void outcomeOf(zk.setData("/a", new Uint8Array(978)));
    await clock.advance(0);
    expect(network.latest.writes).toBe(writes + 1);
    expect(network.latest.requests()).toMatchObject([{ xid: 1 }]);
  });

  test("have a deadline where there is one, sent or not; a late reply does no harm", async () => {
    const zk = await connected({ operationTimeoutMs: 1_000 });
    const first = sync(zk);
    await clock.advance(600);
    const second = sync(zk);
    await clock.advance(400);
    expect(await first).toBe("OPERATION_TIMEOUT unknown");
    for (const request of network.latest.requests()) network.latest.reply(request, body);
    expect(await second).toBe("done");
    network.latest.close();
    const queued = sync(zk);
    await clock.advance(1_000);
    expect(await queued).toBe("OPERATION_TIMEOUT not_sent");
  });
});

describe("a connection", () => {
  test("is kept by pings, a third of the timeout after the last request", async () => {
    const zk = await connected();
    await clock.advance(2_000);
    void sync(zk);
    await clock.advance(2_999);
    expect(network.latest.everything().map(({ type }) => type)).toEqual([OpCode.sync]);
    network.latest.reply({ xid: 1 }, body);
    await clock.advance(1);
    expect(network.latest.everything()).toMatchObject([{ xid: Xid.ping, type: OpCode.ping }]);
  });

  test("that is answered stays for ever", async () => {
    const zk = await connected();
    const states = statesOf(zk);
    for (let i = 0; i < 100; i++) {
      await clock.advance(1_000);
      answerPings(network.latest);
    }
    expect(states).toEqual([]);
    expect(network.connections).toHaveLength(1);
  });

  test("that is silent for two thirds of the timeout is left", async () => {
    const zk = await connected();
    const states = statesOf(zk);
    const silent = network.latest;
    await clock.advance(5_999);
    expect(silent.isDestroyed).toBe(false);
    await clock.advance(2);
    expect(silent.isDestroyed).toBe(true);
    expect(states).toEqual(["6001 suspended 11"]);
  });
});

describe("a session", () => {
  test("is attached again, with all that the server needs to know it", async () => {
    const zk = await connected();
    const answered = sync(zk);
    await clock.advance(0);
    for (const request of network.latest.requests()) {
      network.latest.reply(request, { ...body, zxid: 0x1_0000_0005n });
    }
    expect(await answered).toBe("done");
    const inFlight = sync(zk);
    await clock.advance(2_000);
    const states = statesOf(zk);
    network.latest.close();
    expect(await inFlight).toBe("CONNECTION_LOSS unknown");
    const queued = sync(zk, "/queued");
    expect(network.connections).toHaveLength(2);
    expect(network.latest.accept(17n)).toMatchObject({
      sessionId: 17n,
      lastZxidSeen: 0x1_0000_0005n,
      password: new Uint8Array(16).fill(17),
    });
    await clock.advance(0);
    const [request] = network.latest.requests();
    expect(request && pathRequest.read(request.body).path).toBe("/queued");
    network.latest.reply(request ?? { xid: 0 }, body);
    expect(await queued).toBe("done");
    expect(states).toEqual(["2000 suspended 11", "2000 connected 11"]);
  });

  test("expires by the client's own clock, a timeout after the last request that was answered", async () => {
    const zk = await connected();
    await clock.advance(2_000);
    const answered = sync(zk);
    await clock.advance(500);
    for (const request of network.latest.requests()) network.latest.reply(request, body);
    await answered;
    network.latest.close();
    const states = statesOf(zk);
    const queued = sync(zk);
    await clock.advance(8_499);
    expect(states).toEqual([]);
    await clock.advance(1);
    expect(states).toEqual(["11000 expired 0"]);
    expect(await queued).toBe("SESSION_EXPIRED not_sent");
    expect(zk.sessionId).toBe("0");
  });

  test("is followed by a new one, which owes nothing to the old", async () => {
    const zk = await connected();
    const answered = sync(zk);
    await clock.advance(0);
    for (const request of network.latest.requests()) {
      network.latest.reply(request, { ...body, zxid: 9n });
    }
    await answered;
    network.latest.close();
    await clock.advance(9_000);
    expect(zk.state).toBe("expired");
    const queued = sync(zk);
    const states = statesOf(zk);
    await clock.advance(2_000);
    expect(network.latest.accept(18n)).toMatchObject({ sessionId: 0n, lastZxidSeen: 0n });
    expect(states).toEqual(["11000 connected 12 new"]);
    await clock.advance(0);
    for (const request of network.latest.requests()) network.latest.reply(request, body);
    expect(await queued).toBe("done");
  });

  test("that expired is not attached again by an attempt that was under way", async () => {
    const zk = await connected();
    await clock.advance(1_000);
    network.latest.close();
    while (clock.monotonic() < 8_900) await clock.advance(50);
    const attempt = network.latest;
    attempt.open();
    await clock.advance(200);
    expect(zk.state).toBe("expired");
    expect(attempt.isDestroyed).toBe(true);
    await clock.advance(1_000);
    expect(network.latest.open().sessionId).toBe(0n);
  });

  test("that the server refuses has expired", async () => {
    const zk = await connected();
    const states = statesOf(zk);
    await clock.advance(1_500);
    network.latest.close();
    const queued = sync(zk);
    network.latest.accept(0n, 0);
    expect(await queued).toBe("SESSION_EXPIRED not_sent");
    await clock.advance(1_000);
    expect(network.latest.accept(19n).sessionId).toBe(0n);
    expect(states.map((line) => line.replace(/^\d+ /, ""))).toEqual([
      "suspended 11",
      "expired 0",
      "connected 13 new",
    ]);
  });

  test("that never comes leaves no operation waiting for more than another timeout", async () => {
    const zk = await connected();
    network.latest.close();
    await clock.advance(10_000);
    const waiting = sync(zk);
    await clock.advance(18_000);
    expect(await waiting).toBe("SESSION_EXPIRED not_sent");
  });

  test("backs off where a server takes it and drops it at once", async () => {
    const zk = await connected();
    for (let accepted = 1; clock.monotonic() < 10_000; await clock.advance(50)) {
      if (network.connections.length > accepted) network.latest.accept(17n);
      accepted = network.connections.length;
      network.latest.close();
    }
    expect(zk.sessionId).toBe("11");
    // 10 s in all: at the longest wait of 0.5 s that jitter leaves here, and some shorter at first.
    expect(network.connections.length).toBeLessThan(30);
  });
});

describe("close()", () => {
  test("ends the session on the server and waits for no more than the reply", async () => {
    const zk = await connected();
    const states = statesOf(zk);
    const before = sync(zk);
    const closing = zk.close();
    expect(zk.close()).toBe(closing);
    expect(await sync(zk)).toBe("CLOSED not_sent");
    const requests = network.latest.requests();
    expect(requests.map(({ type }) => type)).toEqual([OpCode.sync, OpCode.closeSession]);
    for (const request of requests) network.latest.reply(request, body);
    await closing;
    expect(await before).toBe("done");
    expect(network.latest.isDestroyed).toBe(true);
    expect(states).toEqual(["0 closed 0"]);
    expect(clock.pending).toBe(0);
  });

  test("waits a second for a server that does not answer", async () => {
    const zk = await connected();
    const pending = sync(zk);
    const closing = zk.close();
    await clock.advance(1_000);
    await closing;
    expect(await pending).toBe("CLOSED unknown");
    expect(clock.pending).toBe(0);
  });

  test("waits for nothing where there is no connection", async () => {
    const zk = await connected();
    network.latest.close();
    const queued = sync(zk);
    await zk.close();
    expect(await queued).toBe("CLOSED not_sent");
    expect(clock.pending).toBe(0);
    expect(zk.state).toBe("closed");
  });

  test("settles where the connection breaks meanwhile", async () => {
    const zk = await connected();
    const states = statesOf(zk);
    const closing = zk.close();
    network.latest.close();
    await closing;
    expect(states).toEqual(["0 closed 0"]);
    expect(clock.pending).toBe(0);
  });
});

test("a state listener that throws does not keep others from hearing", async () => {
  const errors: unknown[] = [];
  const zk = await connected({ onListenerError: (error) => errors.push(error) });
  zk.onStateChange(() => {
    throw new Error("mine");
  });
  const states = statesOf(zk);
  zk.onStateChange(() => states.push("gone"))();
  network.latest.close();
  expect(states).toEqual(["0 suspended 11"]);
  expect(errors).toMatchObject([{ message: "mine" }]);
});
