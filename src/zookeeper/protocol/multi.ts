import type { Stat } from "../zookeeper.ts";
import type { Codec } from "./codec.ts";
import { OpCode } from "./opcodes.ts";
import { MalformedRecordError, type Reader } from "./reader.ts";
import { stat, type StatSource } from "./records.ts";
import {
  type CreateRequest,
  createRequest,
  createTtlRequest,
  type SetDataRequest,
  setDataRequest,
  versionedRequest,
  watchedRequest,
} from "./requests.ts";
import { childrenReply, getDataReply } from "./replies.ts";
import type { Writer } from "./writer.ts";

// `MultiOperationRecord` and `MultiResponse`: each part follows a `MultiHeader` (type, done, error);
// a header with `done` ends the list.

type CreateType = typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer;

/** One operation of a `multi` (writes and checks) or of a `multiRead`. */
export type MultiRequestPart =
  | ({ readonly type: CreateType } & CreateRequest)
  | ({ readonly type: typeof OpCode.createTtl; readonly ttlMs: number } & CreateRequest)
  | {
    readonly type: typeof OpCode.delete | typeof OpCode.check;
    readonly path: string;
    readonly version: number;
  }
  | ({ readonly type: typeof OpCode.setData } & SetDataRequest)
  | { readonly type: typeof OpCode.getData | typeof OpCode.getChildren; readonly path: string };

/**
 * One result. A server answers every kind of create with `create2`, but for `create` itself. Where a
 * `multi` fails, all its results are errors: 0 before the operation that failed, its own number,
 * -2 (runtime inconsistency) after it.
 */
export type MultiReplyPart =
  | { readonly type: typeof OpCode.create; readonly path: string }
  | { readonly type: typeof OpCode.create2; readonly path: string; readonly stat: Stat }
  | { readonly type: typeof OpCode.delete | typeof OpCode.check }
  | { readonly type: typeof OpCode.setData; readonly stat: Stat }
  | { readonly type: typeof OpCode.getData; readonly data: Uint8Array; readonly stat: Stat }
  | { readonly type: typeof OpCode.getChildren; readonly children: string[] }
  | { readonly type: typeof OpCode.error; readonly error: number };

/** A result as a server writes it: with the stat, or the data, of the node as it is held. */
export type MultiReplySource =
  | Exclude<MultiReplyPart, { readonly stat: Stat } | { readonly children: string[] }>
  | { readonly type: typeof OpCode.create2; readonly path: string; readonly stat: StatSource }
  | { readonly type: typeof OpCode.setData; readonly stat: StatSource }
  | {
    readonly type: typeof OpCode.getData;
    readonly data: Uint8Array | null;
    readonly stat: StatSource;
  }
  | {
    readonly type: typeof OpCode.getChildren;
    readonly children: readonly string[];
  };

export const multiRequest: Codec<readonly MultiRequestPart[]> = {
  write: (writer, parts) => {
    for (const part of parts) {
      writeHeader(writer, part.type, false, -1);
      writeRequestPart(writer, part);
    }
    writeHeader(writer, -1, true, -1);
  },
  read: (reader) => readParts(reader, readRequestPart),
};

export const multiReply: Codec<readonly MultiReplyPart[], readonly MultiReplySource[]> = {
  write: (writer, parts) => {
    for (const part of parts) {
      writeHeader(writer, part.type, false, part.type === OpCode.error ? part.error : 0);
      writeReplyPart(writer, part);
    }
    writeHeader(writer, -1, true, -1);
  },
  read: (reader) => readParts(reader, readReplyPart),
};

function writeHeader(writer: Writer, type: number, done: boolean, error: number): void {
  writer.int(type);
  writer.bool(done);
  writer.int(error);
}

function readParts<T>(reader: Reader, readPart: (type: number, reader: Reader) => T): T[] {
  const parts: T[] = [];
  for (;;) {
    const type = reader.int();
    const done = reader.bool();
    reader.int(); // The error, which the part itself repeats.
    if (done) return parts;
    parts.push(readPart(type, reader));
  }
}

function writeRequestPart(writer: Writer, part: MultiRequestPart): void {
  switch (part.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      return createRequest.write(writer, part);
    case OpCode.createTtl:
      return createTtlRequest.write(writer, part);
    case OpCode.delete:
    case OpCode.check:
      return versionedRequest.write(writer, part);
    case OpCode.setData:
      return setDataRequest.write(writer, part);
    case OpCode.getData:
    case OpCode.getChildren:
      return watchedRequest.write(writer, { path: part.path, watch: false });
  }
}

function readRequestPart(type: number, reader: Reader): MultiRequestPart {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      return { type, ...createRequest.read(reader) };
    case OpCode.createTtl:
      return { type, ...createTtlRequest.read(reader) };
    case OpCode.delete:
    case OpCode.check:
      return { type, ...versionedRequest.read(reader) };
    case OpCode.setData:
      return { type, ...setDataRequest.read(reader) };
    case OpCode.getData:
    case OpCode.getChildren:
      return { type, path: watchedRequest.read(reader).path };
    default:
      throw new MalformedRecordError(`Operation ${type} in a transaction`);
  }
}

function writeReplyPart(writer: Writer, part: MultiReplySource): void {
  switch (part.type) {
    case OpCode.create:
      return writer.string(part.path);
    case OpCode.create2:
      writer.string(part.path);
      return stat.write(writer, part.stat);
    case OpCode.setData:
      return stat.write(writer, part.stat);
    case OpCode.getData:
      return getDataReply.write(writer, part);
    case OpCode.getChildren:
      return childrenReply.write(writer, part);
    case OpCode.error:
      return writer.int(part.error);
    case OpCode.delete:
    case OpCode.check:
  }
}

function readReplyPart(type: number, reader: Reader): MultiReplyPart {
  switch (type) {
    case OpCode.create:
      return { type, path: reader.string() };
    case OpCode.create2:
      return { type, path: reader.string(), stat: stat.read(reader) };
    case OpCode.setData:
      return { type, stat: stat.read(reader) };
    case OpCode.getData:
      return { type, ...getDataReply.read(reader) };
    case OpCode.getChildren:
      return { type, ...childrenReply.read(reader) };
    case OpCode.error:
      return { type, error: reader.int() };
    case OpCode.delete:
    case OpCode.check:
      return { type };
    default:
      throw new MalformedRecordError(`Result of operation ${type} in a transaction`);
  }
}
