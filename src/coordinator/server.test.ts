import { describe, expect, test } from "vitest";
import { SeededRandom } from "../platform/simulated/seeded_random.ts";
import {
  type SimulatedCaller,
  SimulatedListener,
} from "../platform/simulated/simulated_listener.ts";
import { VirtualClock } from "../platform/simulated/virtual_clock.ts";
import { connectRequest, connectResponse } from "../zookeeper/protocol/connect.ts";
import { FrameParser } from "../zookeeper/protocol/frames.ts";
import { EventType, OpCode, Xid } from "../zookeeper/protocol/opcodes.ts";
import { Reader } from "../zookeeper/protocol/reader.ts";
import { replyHeader, requestHeader, watcherEvent } from "../zookeeper/protocol/records.ts";
import * as requests from "../zookeeper/protocol/requests.ts";
import { Writer } from "../zookeeper/protocol/writer.ts";
import { ErrorNumber } from "./error_number.ts";
import { defaultLimits } from "./limits.ts";
import { MemoryStorage } from "./memory_storage.ts";
import { type Coordinator, startCoordinator } from "./server.ts";
import { StorageError } from "./storage.ts";

const TICK_MS = 1_000;
const OPEN = [{ permissions: 31, scheme: "world", id: "anyone" }];

/** A storage whose commits wait for the test, or fail as it says. */
class HeldStorage extends MemoryStorage {
  held = false;
  failure: StorageError | null = null;
  #release: (() => void)[] = [];

  override async commit(records: readonly Uint8Array[]): Promise<void> {
    if (this.held) await new Promise<void>((resolve) => this.#release.push(resolve));
    if (this.failure) throw this.failure;
    await super.commit(records);
  }

  /** Lets the commit that waits go on; resolves when its effects are there. */
  async release(): Promise<void> {
    for (const release of this.#release.splice(0)) release();
    await settled();
  }
}

/** A client that says what it is told, and hears what there is. */
class Client {
  readonly #caller: SimulatedCaller;
  #sessionId = 0n;
  #password: Uint8Array = new Uint8Array(16);
  timeoutMs = 0;
  #greeted = false;

  constructor(caller: SimulatedCaller, key?: { sessionId: bigint; password: Uint8Array }) {
    this.#caller = caller;
    caller.write(frame((writer) =>
      connectRequest.write(writer, {
        protocolVersion: 0,
        lastZxidSeen: 0n,
        timeoutMs: 4 * TICK_MS,
        sessionId: key?.sessionId ?? 0n,
        password: key?.password ?? new Uint8Array(16),
        readOnly: false,
      })
    ));
  }

  get isClosed(): boolean {
    return this.#caller.isClosed;
  }

  get key() {
    return { sessionId: this.#sessionId, password: this.#password };
  }

  close(): void {
    this.#caller.close();
  }

  send(xid: number, type: number, write: (writer: Writer) => void = () => {}): void {
    this.#caller.write(frame((writer) => {
      requestHeader.write(writer, { xid, type });
      write(writer);
    }));
  }

  create(xid: number, path: string, flags = 0): void {
    this.send(xid, OpCode.create, (writer) => {
      requests.createRequest.write(writer, { path, data: null, acl: OPEN, flags });
    });
  }

  read(xid: number, type: number, path: string, watch = false): void {
    this.send(xid, type, (writer) => requests.watchedRequest.write(writer, { path, watch }));
  }

  /** What has come: replies as `xid:error`, events as `type path`. */
  heard(): string[] {
    const heard: string[] = [];
    const parser = new FrameParser(0x7fffffff, (bytes, start, end) => {
      const reader = new Reader(bytes.slice(start, end));
      if (!this.#greeted) {
        this.#greeted = true;
        const answer = connectResponse.read(reader);
        [this.#sessionId, this.#password] = [answer.sessionId, answer.password];
        this.timeoutMs = answer.timeoutMs;
        return;
      }
      const { xid, error } = replyHeader.read(reader);
      if (xid === Xid.notification) {
        const { type, path } = watcherEvent.read(reader);
        heard.push(`${type} ${path}`);
      } else heard.push(`${xid}:${error}`);
    });
    parser.push(this.#caller.take());
    return heard;
  }
}

function frame(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  const start = writer.beginFrame();
  write(writer);
  writer.endFrame(start);
  return writer.take();
}

/** Lets all promises that can settle do so. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

async function world(storage = new HeldStorage()) {
  const clock = new VirtualClock();
  const listener = new SimulatedListener();
  const reported: unknown[] = [];
  const start = (): Promise<Coordinator> =>
    startCoordinator({
      address: { host: "127.0.0.1", port: 0 },
      dataDirectory: "/data",
      limits: defaultLimits(TICK_MS),
      report: (error) => reported.push(error),
    }, {
      clock,
      random: new SeededRandom(1),
      listen: listener.listen,
      sha1: () => new Uint8Array(20),
      storage,
    });
  const coordinator = await start();
  const client = async (key?: Client["key"]) => {
    const opened = new Client(listener.connect(), key);
    await settled();
    opened.heard();
    return opened;
  };
  return { clock, storage, coordinator, client, start, reported };
}

describe("the order of replies", () => {
  test("a client reads what it has written, others what is on disk", async () => {
    const { storage, client } = await world();
    const [a, b] = [await client(), await client()];
    storage.held = true;
    a.create(1, "/x");
    a.read(2, OpCode.exists, "/x");
    b.read(1, OpCode.exists, "/x");
    expect(a.heard()).toEqual([]);
    expect(b.heard()).toEqual([`1:${ErrorNumber.noNode}`]);
    await storage.release();
    expect(a.heard()).toEqual(["1:0", "2:0"]);
  });

  test("a read between two writes sees the first alone", async () => {
    const { storage, client } = await world();
    const a = await client();
    storage.held = true;
    a.create(1, "/first");
    a.create(2, "/x");
    a.read(3, OpCode.exists, "/x");
    a.send(4, OpCode.delete, (writer) => {
      requests.versionedRequest.write(writer, { path: "/x", version: -1 });
    });
    a.read(5, OpCode.exists, "/x");
    await storage.release();
    await storage.release();
    expect(a.heard()).toEqual(["1:0", "2:0", "3:0", "4:0", `5:${ErrorNumber.noNode}`]);
  });

  test("sync waits for the writes of others, and what follows waits for sync", async () => {
    const { storage, client } = await world();
    const [a, b] = [await client(), await client()];
    storage.held = true;
    a.create(1, "/x");
    b.send(1, OpCode.sync, (writer) => requests.pathRequest.write(writer, { path: "/" }));
    b.read(2, OpCode.exists, "/x");
    expect(b.heard()).toEqual([]);
    await storage.release();
    expect(b.heard()).toEqual(["1:0", "2:0"]);
  });

  test("an event comes before the reply that shows the change", async () => {
    const { client } = await world();
    const a = await client();
    a.read(1, OpCode.exists, "/x", true);
    a.create(2, "/x");
    await settled();
    expect(a.heard()).toEqual([`1:${ErrorNumber.noNode}`, `${EventType.created} /x`, "2:0"]);
  });
});

describe("a storage that cannot write", () => {
  const full = new StorageError("refused", "No space left on device");

  test("has its writes refused, with what was built on them, and reads go on", async () => {
    const { storage, client, coordinator } = await world();
    const [a, b] = [await client(), await client()];
    storage.held = true;
    a.create(1, "/x");
    b.create(1, "/x/below");
    a.read(2, OpCode.exists, "/x");
    storage.failure = full;
    await storage.release();
    expect(a.heard()).toEqual([`1:${ErrorNumber.quotaExceeded}`, `2:${ErrorNumber.noNode}`]);
    expect(b.heard()).toEqual([`1:${ErrorNumber.quotaExceeded}`]);
    expect(coordinator.statistics().refusal).toBe("No space left on device");
  });

  test("writes again when there is room, as if nothing had been asked", async () => {
    const { storage, client, coordinator } = await world();
    const a = await client();
    const { zxid } = coordinator.statistics();
    storage.failure = full;
    a.create(1, "/x-", 2);
    a.send(2, OpCode.closeSession);
    await settled();
    storage.failure = null;
    a.create(3, "/x-", 2);
    a.read(4, OpCode.exists, "/x-0000000000");
    await settled();
    expect(a.heard()).toEqual([
      `1:${ErrorNumber.quotaExceeded}`,
      `2:${ErrorNumber.quotaExceeded}`,
      "3:0",
      "4:0",
    ]);
    expect(coordinator.statistics()).toMatchObject({ zxid: zxid + 1, refusal: null });
  });

  test("gives nobody a new session", async () => {
    const { storage, client, coordinator } = await world();
    storage.failure = full;
    const a = await client();
    expect(a.isClosed).toBe(true);
    expect(coordinator.statistics().sessions).toBe(0);
  });

  test("that is broken ends the server without an answer", async () => {
    const { storage, client, coordinator, reported } = await world();
    const a = await client();
    storage.failure = new StorageError("broken", "Input/output error");
    a.create(1, "/x");
    expect(await coordinator.ended).toBe(storage.failure);
    expect(a.isClosed).toBe(true);
    expect(a.heard()).toEqual([]);
    expect(reported).toEqual([storage.failure]);
  });
});

describe("sessions", () => {
  test("expire at the end of a tick, with their ephemeral nodes, and whoever watches is told", async () => {
    const { clock, client, coordinator } = await world();
    const [a, b] = [await client(), await client()];
    expect(a.timeoutMs).toBe(4 * TICK_MS);
    a.create(1, "/mine", 1);
    await settled();
    b.read(1, OpCode.exists, "/mine", true);
    for (let tick = 0; tick < 6; tick++) {
      b.send(Xid.ping, OpCode.ping);
      await clock.advance(TICK_MS);
    }
    expect(b.heard()).toContain(`${EventType.deleted} /mine`);
    expect(a.isClosed).toBe(true);
    expect(b.isClosed).toBe(false);
    expect(coordinator.statistics()).toMatchObject({ sessions: 1, ephemerals: 0, nodes: 4 });
  });

  test("outlive the server, keep their nodes, and get their whole timeout to come back", async () => {
    const { clock, client, coordinator, start } = await world();
    const a = await client();
    a.create(1, "/mine", 1);
    await settled();
    const { key } = a;
    await clock.advance(3 * TICK_MS);
    await coordinator.close();
    expect(a.isClosed).toBe(true);
    const again = await start();
    await clock.advance(3 * TICK_MS);
    const back = await client(key);
    expect(back.key).toEqual(key);
    back.read(1, OpCode.exists, "/mine");
    await settled();
    expect(back.heard()).toEqual(["1:0"]);
    back.close();
    await clock.advance(7 * TICK_MS);
    expect(again.statistics()).toMatchObject({ sessions: 0, ephemerals: 0 });
  });

  test("are given to nobody else: a wrong password is answered as an expiry", async () => {
    const { client } = await world();
    const a = await client();
    const thief = await client({ ...a.key, password: new Uint8Array(16) });
    expect(thief.timeoutMs).toBe(0);
    expect(thief.isClosed).toBe(true);
    expect(a.isClosed).toBe(false);
    const moved = await client(a.key);
    expect(moved.timeoutMs).toBe(4 * TICK_MS);
    expect(a.isClosed).toBe(true);
  });
});

test("a coordinator knows since when nobody is connected", async () => {
  const { clock, client, coordinator } = await world();
  expect(coordinator.idleSince).toBe(clock.now());
  const a = await client();
  expect(coordinator.idleSince).toBeNull();
  await clock.advance(TICK_MS);
  a.close();
  expect(coordinator.idleSince).toBe(clock.now());
});
