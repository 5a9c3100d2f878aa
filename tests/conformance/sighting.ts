import { multiReply } from "../../src/zookeeper/protocol/multi.ts";
import { OpCode } from "../../src/zookeeper/protocol/opcodes.ts";
import { Reader } from "../../src/zookeeper/protocol/reader.ts";
import * as replies from "../../src/zookeeper/protocol/replies.ts";
import type { Packet } from "./raw_client.ts";

/**
 * What two servers must agree on in a packet, as text. Left out or renamed, by right:
 * - ctime and mtime: each server has its own clock, and its own moment;
 * - ids of sessions: each server draws its own; they are named by the order of their creation;
 * - the order of names in a list of children, of ephemeral nodes and of identities: sets have none.
 * Everything else is compared, zxids included: both servers begin with an empty tree, and every request
 * takes a zxid on both or on neither.
 */
export function sighting(
  packet: Packet,
  typeOf: (xid: number) => number,
  nameOf: (sessionId: bigint) => string,
): string {
  if (packet.kind === "event") return `event ${packet.type} ${packet.path}`;
  const { xid, zxid, error, body } = packet;
  const value = body.length === 0 ? "" : bodyOf(typeOf(xid), body);
  return `reply ${xid} zxid ${zxid} error ${error} ${show(value, nameOf)}`;
}

function bodyOf(type: number, body: Uint8Array): unknown {
  const reader = new Reader(body);
  const value = readBody(type, reader);
  return reader.remaining === 0 ? value : { value, rest: reader.remaining };
}

function readBody(type: number, reader: Reader): unknown {
  switch (type) {
    case OpCode.create:
    case OpCode.sync:
      return replies.pathReply.read(reader);
    case OpCode.create2:
    case OpCode.createContainer:
      return replies.create2Reply.read(reader);
    case OpCode.exists:
    case OpCode.setData:
    case OpCode.setAcl:
      return replies.statReply.read(reader);
    case OpCode.getData: // Whether data is null or empty is to be seen, so it is read as it is.
      return { data: reader.buffer(), stat: replies.statReply.read(reader) };
    case OpCode.getAcl:
      return replies.getAclReply.read(reader);
    case OpCode.getChildren:
      return replies.childrenReply.read(reader);
    case OpCode.getChildren2:
      return replies.getChildren2Reply.read(reader);
    case OpCode.multi:
    case OpCode.multiRead:
      return multiReply.read(reader);
    case OpCode.addWatch:
      return replies.errorReply.read(reader);
    case OpCode.getEphemerals:
      return replies.getEphemeralsReply.read(reader);
    case OpCode.getAllChildrenNumber:
      return replies.getAllChildrenNumberReply.read(reader);
    case OpCode.whoAmI:
      return replies.whoAmIReply.read(reader);
    default:
      return `${reader.remaining} bytes`;
  }
}

const UNORDERED = ["children", "paths", "identities"];
const OWN_TIME = ["ctime", "mtime"];

function show(value: unknown, nameOf: (sessionId: bigint) => string): string {
  return JSON.stringify(value, (key, each) => {
    if (OWN_TIME.includes(key)) return undefined;
    if (key === "ephemeralOwner" && typeof each === "bigint") return nameOf(each);
    if (typeof each === "bigint") return String(each);
    if (each instanceof Uint8Array) return Buffer.from(each).toString("hex").slice(0, 80);
    if (UNORDERED.includes(key) && Array.isArray(each)) {
      return each.map((item) => JSON.stringify(item)).sort();
    }
    return each;
  });
}
