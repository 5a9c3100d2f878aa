import { type Codec, readString, writeString } from "../zookeeper/protocol/codec.ts";
import { OpCode } from "../zookeeper/protocol/opcodes.ts";
import { MalformedRecordError, type Reader } from "../zookeeper/protocol/reader.ts";
import { acl } from "../zookeeper/protocol/records.ts";
import type { Writer } from "../zookeeper/protocol/writer.ts";
import { type AclList, OPEN_ACL } from "./acl.ts";
import type { Change, Transaction } from "./transaction.ts";

/**
 * A transaction as a record of the log: the version, then the header, then what its type
 * says. Numbers are those of jute, types are opcodes.
 */
export const transaction: Codec<Transaction> = {
  write: (writer, { zxid, time, session, cxid, change }) => {
    writer.int(RECORD_VERSION);
    writer.longNumber(zxid);
    writer.longNumber(time);
    writer.long(session);
    writer.int(cxid);
    writeChange(writer, change);
  },
  read: (reader) => {
    const version = reader.int();
    if (version !== RECORD_VERSION) {
      throw new MalformedRecordError(`Record of version ${version}, written by a newer release`);
    }
    return {
      zxid: reader.longNumber(),
      time: reader.longNumber(),
      session: reader.long(),
      cxid: reader.int(),
      change: readChange(reader),
    };
  },
};

const RECORD_VERSION = 1;

function writeChange(writer: Writer, change: Transaction["change"]): void {
  writer.int(change.type);
  switch (change.type) {
    case OpCode.multi:
      return writer.vector(change.parts, writeChange);
    case OpCode.createSession:
      writer.int(change.timeoutMs);
      return writer.buffer(change.password);
    case OpCode.closeSession:
      return writer.vector(change.paths, writeString);
    case OpCode.error:
      return writer.int(change.error);
    default:
      return writeNodeChange(writer, change);
  }
}

function writeNodeChange(
  writer: Writer,
  change: Exclude<Change, { readonly type: typeof OpCode.error }>,
): void {
  writer.string(change.path);
  switch (change.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      writer.buffer(change.data);
      writeAcl(writer, change.acl);
      return writer.long(change.owner);
    case OpCode.setData:
      writer.buffer(change.data);
      return writer.int(change.version);
    case OpCode.setAcl:
      writeAcl(writer, change.acl);
      return writer.int(change.version);
    case OpCode.delete:
    case OpCode.deleteContainer:
    case OpCode.check:
  }
}

function readChange(reader: Reader): Transaction["change"] {
  const type = reader.int();
  switch (type) {
    case OpCode.multi:
      return { type, parts: reader.vector((each) => readPart(each, each.int())) };
    case OpCode.createSession:
      return { type, timeoutMs: reader.int(), password: reader.buffer() ?? new Uint8Array(0) };
    case OpCode.closeSession:
      return { type, paths: reader.vector(readString) };
    default:
      return readPart(reader, type);
  }
}

function readPart(reader: Reader, type: number): Change {
  switch (type) {
    case OpCode.error:
      return { type, error: reader.int() };
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      return {
        type,
        path: reader.string(),
        data: reader.buffer(),
        acl: readAcl(reader),
        owner: reader.long(),
      };
    case OpCode.setData:
      return { type, path: reader.string(), data: reader.buffer(), version: reader.int() };
    case OpCode.setAcl:
      return { type, path: reader.string(), acl: readAcl(reader), version: reader.int() };
    case OpCode.delete:
    case OpCode.deleteContainer:
    case OpCode.check:
      return { type, path: reader.string() };
    default:
      throw new MalformedRecordError(`Transaction of type ${type}, written by a newer release`);
  }
}

/** An open ACL is an empty list: no node can have one of those. */
export function writeAcl(writer: Writer, list: AclList): void {
  if (list === OPEN_ACL) writer.int(0);
  else writer.vector(list, acl.write);
}

/** As `writeAcl` wrote it. */
export function readAcl(reader: Reader): AclList {
  const list = reader.vector(acl.read);
  return list.length === 0 ? OPEN_ACL : list;
}
