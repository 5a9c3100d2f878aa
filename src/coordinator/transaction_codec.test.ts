import { expect, test } from "vitest";
import { OpCode } from "../zookeeper/protocol/opcodes.ts";
import { MalformedRecordError, Reader } from "../zookeeper/protocol/reader.ts";
import { Writer } from "../zookeeper/protocol/writer.ts";
import { OPEN_ACL } from "./acl.ts";
import type { Change, Transaction } from "./transaction.ts";
import { transaction } from "./transaction_codec.ts";
import { CONTAINER_OWNER } from "./tree_node.ts";

const CLOSED = [{ permissions: 3, scheme: "digest", id: "jérôme:x" }];
const CHANGES: Change[] = [
  { type: OpCode.create, path: "/ü", data: null, acl: OPEN_ACL, owner: 0n },
  { type: OpCode.create2, path: "/a", data: Uint8Array.of(1, 255), acl: CLOSED, owner: 2n ** 60n },
  {
    type: OpCode.createContainer,
    path: "/c",
    data: new Uint8Array(0),
    acl: OPEN_ACL,
    owner: CONTAINER_OWNER,
  },
  { type: OpCode.delete, path: "/d" },
  { type: OpCode.deleteContainer, path: "/c" },
  { type: OpCode.setData, path: "/a", data: Uint8Array.of(7), version: -2_147_483_648 },
  { type: OpCode.setAcl, path: "/a", acl: CLOSED, version: 3 },
  { type: OpCode.check, path: "/a" },
  { type: OpCode.error, error: -101 },
];
const ALL: Transaction["change"][] = [
  ...CHANGES,
  { type: OpCode.multi, parts: CHANGES },
  { type: OpCode.multi, parts: [] },
  { type: OpCode.createSession, timeoutMs: 4_000, password: new Uint8Array(16).fill(9) },
  { type: OpCode.closeSession, paths: ["/e", "/f/g"] },
];

test.each(ALL)(
  "a transaction of type $type reads as it was written, and never in part",
  (change) => {
    const whole = { zxid: 2 ** 40 + 5, time: 1_790_000_000_123, session: -5n, cxid: -4, change };
    const writer = new Writer();
    transaction.write(writer, whole);
    const bytes = writer.take();
    const reader = new Reader(bytes);
    expect(transaction.read(reader)).toEqual(whole);
    expect(reader.remaining).toBe(0);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => transaction.read(new Reader(bytes.slice(0, length))))
        .toThrow(MalformedRecordError);
    }
  },
);

test("a record of another version, or of an unknown type, is refused", () => {
  const writer = new Writer();
  writer.int(2);
  expect(() => transaction.read(new Reader(writer.take()))).toThrow("newer release");
});
