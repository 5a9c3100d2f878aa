import type { Acl, Stat } from "../zookeeper.ts";
import type { Codec } from "./codec.ts";

// Field order after `zookeeper.jute` of ZooKeeper 3.8.

/** What a `data.Stat` is written from: a `Stat`, or the node itself where a server counts in numbers. */
export type StatSource =
  & Omit<Stat, "czxid" | "mzxid" | "pzxid">
  & {
    readonly czxid: bigint | number;
    readonly mzxid: bigint | number;
    readonly pzxid: bigint | number;
  };

/** `data.Stat`, 68 bytes. */
export const stat: Codec<Stat, StatSource> = {
  write: (writer, value) => {
    writer.long(value.czxid);
    writer.long(value.mzxid);
    writer.longNumber(value.ctime);
    writer.longNumber(value.mtime);
    writer.int(value.version);
    writer.int(value.cversion);
    writer.int(value.aversion);
    writer.long(value.ephemeralOwner);
    writer.int(value.dataLength);
    writer.int(value.numChildren);
    writer.long(value.pzxid);
  },
  read: (reader) => ({
    czxid: reader.long(),
    mzxid: reader.long(),
    ctime: reader.longNumber(),
    mtime: reader.longNumber(),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.long(),
    dataLength: reader.int(),
    numChildren: reader.int(),
    pzxid: reader.long(),
  }),
};

/** `data.ACL`. */
export const acl: Codec<Acl> = {
  write: (writer, value) => {
    writer.int(value.permissions);
    writer.string(value.scheme);
    writer.string(value.id);
  },
  read: (reader) => ({ permissions: reader.int(), scheme: reader.string(), id: reader.string() }),
};

/** `proto.RequestHeader`. */
export const requestHeader: Codec<{ readonly xid: number; readonly type: number }> = {
  write: (writer, value) => {
    writer.int(value.xid);
    writer.int(value.type);
  },
  read: (reader) => ({ xid: reader.int(), type: reader.int() }),
};

/** `proto.ReplyHeader`: `error` is 0 or the number of a `KeeperException.Code`. */
export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: bigint;
  readonly error: number;
}

export const replyHeader: Codec<
  ReplyHeader,
  Omit<ReplyHeader, "zxid"> & { readonly zxid: bigint | number }
> = {
  write: (writer, value) => {
    writer.int(value.xid);
    writer.long(value.zxid);
    writer.int(value.error);
  },
  read: (reader) => ({ xid: reader.int(), zxid: reader.long(), error: reader.int() }),
};

/** `proto.WatcherEvent`; `state` is 3 (SyncConnected) where a node changed. */
export interface WatcherEvent {
  readonly type: number;
  readonly state: number;
  readonly path: string;
}

export const watcherEvent: Codec<WatcherEvent> = {
  write: (writer, value) => {
    writer.int(value.type);
    writer.int(value.state);
    writer.string(value.path);
  },
  read: (reader) => ({ type: reader.int(), state: reader.int(), path: reader.string() }),
};
