import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../platform/simulated/seeded_random.ts";
import type { Codec } from "./codec.ts";
import { connectRequest, connectResponse } from "./connect.ts";
import { multiReply, multiRequest } from "./multi.ts";
import { CreateFlag, OpCode } from "./opcodes.ts";
import { MalformedRecordError, Reader } from "./reader.ts";
import { acl, replyHeader, requestHeader, stat, watcherEvent } from "./records.ts";
import * as replies from "./replies.ts";
import * as requests from "./requests.ts";
import { Writer } from "./writer.ts";

const STAT = {
  czxid: 0x7fff_ffff_ffff_fffen,
  mzxid: 2n,
  ctime: 1_700_000_000_123,
  mtime: 2 ** 52 + 1,
  version: 2_147_483_647,
  cversion: -1,
  aversion: 0,
  ephemeralOwner: -0x7fff_ffff_ffff_ffffn,
  dataLength: 3,
  numChildren: 4,
  pzxid: 5n,
};
const ACLS = [{ permissions: 31, scheme: "world", id: "anyone" }, {
  permissions: 1,
  scheme: "digest",
  id: "jérôme:🐘",
}];
const BYTES = Uint8Array.of(0, 255, 1);
const EMPTY = new Uint8Array(0);
const CREATE = { path: "/a/ü", data: BYTES, acl: ACLS, flags: CreateFlag.ephemeral };
const WATCHES = { relativeZxid: 9n, data: ["/a"], exists: ["/b", "/c"], children: [] };

function roundTrip<T>(codec: Codec<T>, value: T): void {
  const writer = new Writer();
  codec.write(writer, value);
  const bytes = writer.take();
  const reader = new Reader(bytes);
  expect(codec.read(reader)).toEqual(value);
  expect(reader.remaining).toBe(0);
  for (let length = 0; length < bytes.length; length++) {
    const cut = new Reader(bytes.slice(0, length));
    // A record may end early only where its last field is optional.
    try {
      codec.read(cut);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedRecordError);
    }
  }
}

describe("each record reads as it was written, and never beyond its end", () => {
  test("headers and events", () => {
    roundTrip(requestHeader, { xid: -4, type: OpCode.auth });
    roundTrip(replyHeader, { xid: 7, zxid: -1n, error: -110 });
    roundTrip(watcherEvent, { type: 4, state: 3, path: "/x" });
    roundTrip(stat, STAT);
    roundTrip(acl, ACLS[1] ?? { permissions: 0, scheme: "", id: "" });
  });

  test("the handshake", () => {
    const password = new Uint8Array(16).fill(7);
    roundTrip(connectRequest, {
      protocolVersion: 0,
      lastZxidSeen: 0x1_0000_0001n,
      timeoutMs: 10_000,
      sessionId: -5n,
      password,
      readOnly: true,
    });
    roundTrip(connectResponse, {
      protocolVersion: 0,
      timeoutMs: 4_000,
      sessionId: 12n,
      password,
      readOnly: false,
    });
  });

  test("requests", () => {
    roundTrip(requests.createRequest, CREATE);
    roundTrip(requests.createRequest, { ...CREATE, data: null });
    roundTrip(requests.createTtlRequest, { ...CREATE, ttlMs: 2 ** 40 });
    roundTrip(requests.versionedRequest, { path: "/a", version: -1 });
    roundTrip(requests.setDataRequest, { path: "/a", data: EMPTY, version: 3 });
    roundTrip(requests.watchedRequest, { path: "/a", watch: true });
    roundTrip(requests.pathRequest, { path: "/" });
    roundTrip(requests.setAclRequest, { path: "/a", acl: ACLS, version: 1 });
    roundTrip(requests.authRequest, { scheme: "digest", credential: BYTES });
    roundTrip(requests.addWatchRequest, { path: "/a", mode: 1 });
    roundTrip(requests.removeWatchesRequest, { path: "/a", type: 3 });
    roundTrip(requests.setWatchesRequest, { ...WATCHES, persistent: [], recursive: [] });
    roundTrip(requests.setWatches2Request, { ...WATCHES, persistent: ["/p"], recursive: ["/r"] });
  });

  test("replies", () => {
    roundTrip(replies.pathReply, { path: "/a" });
    roundTrip(replies.create2Reply, { path: "/a", stat: STAT });
    roundTrip(replies.statReply, STAT);
    roundTrip(replies.getDataReply, { data: BYTES, stat: STAT });
    roundTrip(replies.childrenReply, { children: ["a", "ß", ""] });
    roundTrip(replies.getChildren2Reply, { children: [], stat: STAT });
    roundTrip(replies.getAclReply, { acl: ACLS, stat: STAT });
    roundTrip(replies.getEphemeralsReply, { paths: ["/a"] });
    roundTrip(replies.getAllChildrenNumberReply, { total: 12 });
    roundTrip(replies.errorReply, { error: -101 });
  });

  test("transactions and groups of reads", () => {
    roundTrip(multiRequest, [
      { type: OpCode.create, ...CREATE },
      { type: OpCode.create2, ...CREATE },
      { type: OpCode.createContainer, ...CREATE },
      { type: OpCode.createTtl, ...CREATE, ttlMs: 1 },
      { type: OpCode.delete, path: "/d", version: 2 },
      { type: OpCode.check, path: "/c", version: -1 },
      { type: OpCode.setData, path: "/s", data: BYTES, version: 0 },
      { type: OpCode.getData, path: "/g" },
      { type: OpCode.getChildren, path: "/h" },
    ]);
    roundTrip(multiReply, [
      { type: OpCode.create, path: "/a" },
      { type: OpCode.create2, path: "/a", stat: STAT },
      { type: OpCode.delete },
      { type: OpCode.check },
      { type: OpCode.setData, stat: STAT },
      { type: OpCode.getData, data: BYTES, stat: STAT },
      { type: OpCode.getChildren, children: ["x"] },
      { type: OpCode.error, error: -2 },
    ]);
    roundTrip(multiRequest, []);
  });
});

test("a ConnectRequest has the bytes that a real server takes", () => {
  const writer = new Writer();
  const frame = writer.beginFrame();
  connectRequest.write(writer, {
    protocolVersion: 0,
    lastZxidSeen: 258n,
    timeoutMs: 10_000,
    sessionId: 0n,
    password: new Uint8Array(16),
    readOnly: false,
  });
  writer.endFrame(frame);
  expect(Buffer.from(writer.take()).toString("hex")).toBe(
    "0000002d" + "00000000" + "0000000000000102" + "00002710" + "0000000000000000" +
      "00000010" + "00".repeat(16) + "00",
  );
});

test("a ConnectResponse without its last field, as servers before 3.4 send it, can be read", () => {
  const bytes = Buffer.from("00000000" + "00001770" + "000000000000002a" + "00000000", "hex");
  expect(connectResponse.read(new Reader(bytes))).toMatchObject({
    timeoutMs: 6_000,
    sessionId: 42n,
    readOnly: false,
  });
});

describe("Writer", () => {
  test("grows, and keeps what was taken as it was", () => {
    const random = new SeededRandom(11);
    const writer = new Writer();
    const taken: { bytes: Uint8Array; copy: Uint8Array }[] = [];
    const expected: number[] = [];
    for (let i = 0; i < 500; i++) {
      const part = new Uint8Array(Math.floor(random.next() ** 8 * 100_000)).fill(i);
      const frame = writer.beginFrame();
      writer.buffer(part);
      if (i % 7 === 0) writer.rewind(frame);
      else {
        writer.endFrame(frame);
        expected.push(part.length);
      }
      if (random.next() < 0.1) {
        const bytes = writer.take();
        taken.push({ bytes, copy: bytes.slice() });
      }
    }
    taken.push({ bytes: writer.take(), copy: new Uint8Array(0) });
    for (const { bytes, copy } of taken.slice(0, -1)) expect(Buffer.compare(bytes, copy)).toBe(0);
    const reader = new Reader(Buffer.concat(taken.map(({ bytes }) => bytes)));
    for (const length of expected) {
      expect(reader.int()).toBe(length + 4);
      expect(reader.buffer()?.length).toBe(length);
    }
    expect(reader.remaining).toBe(0);
  });

  test.each(["", "/plain", "x".repeat(500), "é".repeat(40), "🐘", "\ufeffmark", "a\ud800b"])(
    "writes %j as TextEncoder does",
    (text) => {
      const writer = new Writer();
      writer.string(text);
      const expected = new TextEncoder().encode(text);
      const bytes = writer.take();
      expect(bytes.subarray(4)).toEqual(expected);
      expect(new Reader(bytes).string()).toBe(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(expected),
      );
    },
  );

  test.each([0, 1, -1, 2 ** 32, -(2 ** 32) - 5, 2 ** 53 - 1])("writes the number %d", (value) => {
    const writer = new Writer();
    writer.longNumber(value);
    writer.long(BigInt(value));
    const reader = new Reader(writer.take());
    expect(reader.long()).toBe(BigInt(value));
    expect(reader.longNumber()).toBe(value);
  });
});

describe("Reader", () => {
  const read = (hex: string) => new Reader(Buffer.from(hex, "hex"));

  test("refuses lengths that cannot be", () => {
    expect(() => read("fffffffe").buffer()).toThrow(MalformedRecordError);
    expect(() => read("fffffffe").string()).toThrow(MalformedRecordError);
    expect(() => read("7fffffff00").buffer()).toThrow(MalformedRecordError);
    expect(() => read("7fffffff00").vector((reader) => reader.int())).toThrow(MalformedRecordError);
  });

  test("takes a null for what it stands for", () => {
    expect(read("ffffffff").buffer()).toBeNull();
    expect(read("ffffffff").string()).toBe("");
    expect(read("ffffffff").vector((reader) => reader.int())).toEqual([]);
  });

  test("hands out copies, so that a value does not change with the next chunk", () => {
    const bytes = Buffer.from("000000020102", "hex");
    const value = new Reader(bytes).buffer();
    bytes.fill(9);
    expect(value).toEqual(Uint8Array.of(1, 2));
  });
});
