import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import { connectRequest } from "../../src/zookeeper/protocol/connect.ts";
import { OpCode } from "../../src/zookeeper/protocol/opcodes.ts";
import { requestHeader } from "../../src/zookeeper/protocol/records.ts";
import * as requests from "../../src/zookeeper/protocol/requests.ts";
import { startEmbedded } from "../support/embedded_zookeeper.ts";
import { fourLetterWord } from "../support/raw_session.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";
import { Operations } from "./operations.ts";
import { frameOf, RawClient } from "./raw_client.ts";

const SEED = Number(process.env["TEST_SEED"] ?? randomInt(2 ** 31));
/** ms in which a connection must have greeted. */
const GREETING_MS = 1_500;
const CONNECTIONS = 5_000;
/** Connections opened at once; the kernel keeps no more waiting. */
const AT_ONCE = 250;
const OPEN = [{ permissions: 31, scheme: "world", id: "anyone" }];

describe(`clients that mean no good (TEST_SEED=${SEED})`, () => {
  const random = new SeededRandom(SEED);
  const below = (limit: number) => Math.floor(random.next() * limit);
  let server: ZooKeeperServer;
  let pid = 0;
  let bystander: RawClient;
  let xid = 0;

  beforeAll(async () => {
    server = await startEmbedded({ tickMs: 1_000, handshakeTimeoutMs: GREETING_MS });
    pid = server.pid ?? 0;
    bystander = await RawClient.open(server.port);
    await bystander.call(++xid, OpCode.create, (writer) => {
      requests.createRequest.write(writer, { path: "/mine", data: null, acl: OPEN, flags: 0 });
    });
  });
  afterAll(() => server.stop());

  /** Somebody else writes and reads as if nothing was. */
  async function othersAreServed(): Promise<void> {
    const data = Buffer.from(String(xid));
    const written = await bystander.call(++xid, OpCode.setData, (writer) => {
      requests.setDataRequest.write(writer, { path: "/mine", data, version: -1 });
    });
    expect(written.error).toBe(0);
    const read = await bystander.call(++xid, OpCode.getData, (writer) => {
      requests.watchedRequest.write(writer, { path: "/mine", watch: false });
    });
    expect(Buffer.from(read.body.subarray(4, 4 + data.length))).toEqual(data);
    expect(server.pid).toBe(pid);
  }

  /** MB. */
  const resident = () =>
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;

  const connections = async () =>
    Number(
      /^zk_num_alive_connections\t(\d+)$/m
        .exec(await fourLetterWord("127.0.0.1", server.port, "mntr"))?.[1],
    );

  function dial(): Socket {
    const socket = connect({ host: "127.0.0.1", port: server.port });
    socket.on("error", () => {});
    socket.resume();
    return socket;
  }

  const greeting = () =>
    frameOf((writer) =>
      connectRequest.write(writer, {
        protocolVersion: 0,
        lastZxidSeen: 0n,
        timeoutMs: 4_000,
        sessionId: 0n,
        password: new Uint8Array(16),
        readOnly: false,
      })
    );

  /** A valid stream of requests. */
  function requestStream(count: number): Buffer {
    const operations = new Operations(random);
    return Buffer.concat(Array.from({ length: count }, (_, index) => {
      const { type, write } = operations.next(0);
      return frameOf((writer) => {
        requestHeader.write(writer, { xid: index + 1, type });
        write(writer);
      });
    }));
  }

  test("garbage closes the connection that brings it, and no other", async () => {
    for (let i = 0; i < 300; i++) {
      const socket = dial();
      socket.end(Buffer.from(Array.from({ length: below(200) }, () => below(256))));
      await once(socket, "close");
      if (i % 50 === 0) await othersAreServed();
    }
    await othersAreServed();
  });

  test("requests with changed bytes are refused, or lead to something else", async () => {
    for (let i = 0; i < 300; i++) {
      const stream = requestStream(1 + below(20));
      for (let flips = 1 + below(6); flips > 0; flips--) {
        stream[below(stream.length)] = below(256);
      }
      const socket = dial();
      socket.write(greeting());
      // Whatever follows a cut is never sent: the server has to live with half a request.
      socket.end(random.next() < 0.3 ? stream.subarray(0, below(stream.length)) : stream);
      await once(socket, "close");
      if (i % 50 === 0) await othersAreServed();
    }
    await othersAreServed();
  });

  test.each([-1, 0x100000, 0x7fffffff, -0x80000000])(
    "a length of %d closes the connection, before and after the greeting",
    async (length) => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(length);
      for (const start of [Buffer.alloc(0), greeting()]) {
        const socket = dial();
        socket.write(Buffer.concat([start, bytes]));
        await once(socket, "close");
      }
      await othersAreServed();
    },
  );

  test("lengths alone cost no memory", async () => {
    const before = resident();
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(0xfffff);
    const sockets = Array.from({ length: 500 }, () => {
      const socket = dial();
      socket.write(Buffer.concat([greeting(), bytes, Buffer.alloc(100)]));
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, "data")));
    await othersAreServed();
    expect(resident() - before).toBeLessThan(200);
    for (const socket of sockets) socket.destroy();
  });

  test("who says nothing, or says it too slowly, is cut off; a slow one in time is not", async () => {
    const silent = Array.from({ length: 50 }, dial);
    const tooSlow = dial();
    const begun = performance.now();
    tooSlow.write(greeting().subarray(0, 20));
    const slow = dial();
    let answered = false;
    slow.on("data", () => answered = true);
    for (const byte of greeting()) {
      slow.write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    while (!answered) await once(slow, "data");
    await Promise.all([...silent, tooSlow].map((socket) => once(socket, "close")));
    expect(performance.now() - begun).toBeGreaterThan(GREETING_MS - 100);
    await othersAreServed();
    slow.destroy();
  });

  test("who asks for much and reads nothing is held back, and costs little memory", async () => {
    const data = new Uint8Array(500_000);
    await bystander.call(++xid, OpCode.create, (writer) => {
      requests.createRequest.write(writer, { path: "/big", data, acl: OPEN, flags: 0 });
    });
    const before = resident();
    const sockets = Array.from({ length: 5 }, () => {
      const socket = dial();
      socket.pause();
      socket.write(greeting());
      for (let i = 1; i <= 2_000; i++) {
        socket.write(frameOf((writer) => {
          requestHeader.write(writer, { xid: i, type: OpCode.getData });
          requests.watchedRequest.write(writer, { path: "/big", watch: false });
        }));
      }
      return socket;
    });
    for (let i = 0; i < 50; i++) await othersAreServed();
    expect(resident() - before).toBeLessThan(250);
    for (const socket of sockets) socket.destroy();
  });

  test("who closes with requests on their way leaves nothing behind", async () => {
    for (let i = 0; i < 100; i++) {
      const socket = dial();
      socket.write(Buffer.concat([greeting(), requestStream(50)]));
      await once(socket, "data");
      socket.resetAndDestroy();
    }
    await othersAreServed();
    await expect.poll(connections, { timeout: 60_000 }).toBeLessThan(10);
  });

  test(`${CONNECTIONS} sessions at once are served`, async () => {
    const clients: RawClient[] = [];
    while (clients.length < CONNECTIONS) {
      clients.push(
        ...await Promise.all(
          Array.from({ length: AT_ONCE }, () => RawClient.open(server.port)),
        ),
      );
    }
    expect(await connections()).toBeGreaterThan(CONNECTIONS);
    await Promise.all(clients.map((client) => client.settle()));
    await othersAreServed();
    console.log(`${CONNECTIONS} sessions: ${resident().toFixed(0)} MB`);
    expect(resident()).toBeLessThan(600);
    for (const client of clients) await client.drop();
    await expect.poll(connections, { timeout: 60_000 }).toBeLessThan(10);
  }, 180_000);
});
