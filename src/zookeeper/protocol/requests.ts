import type { Acl } from "../zookeeper.ts";
import { type Codec, readString, writeString } from "./codec.ts";
import type { Reader } from "./reader.ts";
import { acl } from "./records.ts";
import type { Writer } from "./writer.ts";

// Bodies of the requests, after `zookeeper.jute` (package proto) of ZooKeeper 3.8.

/** For `create`, `create2` and `createContainer`. */
export interface CreateRequest {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  /** A `CreateFlag`. */
  readonly flags: number;
}

export const createRequest: Codec<CreateRequest> = {
  write: (writer, value) => {
    writer.string(value.path);
    writer.buffer(value.data);
    writer.vector(value.acl, acl.write);
    writer.int(value.flags);
  },
  read: (reader) => ({
    path: reader.string(),
    data: reader.buffer(),
    acl: reader.vector(acl.read),
    flags: reader.int(),
  }),
};

/** For `createTtl`; the time to live is in ms. */
export const createTtlRequest: Codec<CreateRequest & { readonly ttlMs: number }> = {
  write: (writer, value) => {
    createRequest.write(writer, value);
    writer.longNumber(value.ttlMs);
  },
  read: (reader) => ({ ...createRequest.read(reader), ttlMs: reader.longNumber() }),
};

/** For `delete` and `check`. */
export const versionedRequest: Codec<{ readonly path: string; readonly version: number }> = {
  write: (writer, value) => {
    writer.string(value.path);
    writer.int(value.version);
  },
  read: (reader) => ({ path: reader.string(), version: reader.int() }),
};

export interface SetDataRequest {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
}

export const setDataRequest: Codec<SetDataRequest> = {
  write: (writer, value) => {
    writer.string(value.path);
    writer.buffer(value.data);
    writer.int(value.version);
  },
  read: (reader) => ({ path: reader.string(), data: reader.buffer(), version: reader.int() }),
};

/** For `exists`, `getData`, `getChildren` and `getChildren2`. */
export const watchedRequest: Codec<{ readonly path: string; readonly watch: boolean }> = {
  write: (writer, value) => {
    writer.string(value.path);
    writer.bool(value.watch);
  },
  read: (reader) => ({ path: reader.string(), watch: reader.bool() }),
};

/** For `getAcl`, `sync`, `getEphemerals` and `getAllChildrenNumber`. */
export const pathRequest: Codec<{ readonly path: string }> = {
  write: (writer, value) => writer.string(value.path),
  read: (reader) => ({ path: reader.string() }),
};

export interface SetAclRequest {
  readonly path: string;
  readonly acl: readonly Acl[];
  readonly version: number;
}

export const setAclRequest: Codec<SetAclRequest> = {
  write: (writer, value) => {
    writer.string(value.path);
    writer.vector(value.acl, acl.write);
    writer.int(value.version);
  },
  read: (reader) => ({
    path: reader.string(),
    acl: reader.vector(acl.read),
    version: reader.int(),
  }),
};

/** `AuthPacket`; its `type` field is always 0. */
export const authRequest: Codec<{ readonly scheme: string; readonly credential: Uint8Array }> = {
  write: (writer, value) => {
    writer.int(0);
    writer.string(value.scheme);
    writer.buffer(value.credential);
  },
  read: (reader) => {
    reader.int();
    return { scheme: reader.string(), credential: reader.buffer() ?? new Uint8Array(0) };
  },
};

/** `AddWatchRequest`; `mode` is an `AddWatchMode`. */
export const addWatchRequest: Codec<{ readonly path: string; readonly mode: number }> = {
  write: (writer, value) => {
    writer.string(value.path);
    writer.int(value.mode);
  },
  read: (reader) => ({ path: reader.string(), mode: reader.int() }),
};

/** `RemoveWatchesRequest`; `type` is a `WatcherType`. */
export const removeWatchesRequest: Codec<{ readonly path: string; readonly type: number }> = {
  write: (writer, value) => {
    writer.string(value.path);
    writer.int(value.type);
  },
  read: (reader) => ({ path: reader.string(), type: reader.int() }),
};

/** Paths whose watches a server should set again. */
export interface WatchPaths {
  readonly data: readonly string[];
  /** Nodes that did not exist when the watch was set. */
  readonly exists: readonly string[];
  readonly children: readonly string[];
  /** Left empty in `setWatches`, which knows no persistent watches. */
  readonly persistent: readonly string[];
  readonly recursive: readonly string[];
}

/** Changes after `relativeZxid` that one-shot watches have missed are sent as events. */
export type SetWatchesRequest = WatchPaths & { readonly relativeZxid: bigint };

export const setWatchesRequest: Codec<SetWatchesRequest> = {
  write: writeOneShot,
  read: (reader) => ({ ...readOneShot(reader), persistent: [], recursive: [] }),
};

export const setWatches2Request: Codec<SetWatchesRequest> = {
  write: (writer, value) => {
    writeOneShot(writer, value);
    writer.vector(value.persistent, writeString);
    writer.vector(value.recursive, writeString);
  },
  read: (reader) => ({
    ...readOneShot(reader),
    persistent: reader.vector(readString),
    recursive: reader.vector(readString),
  }),
};

function writeOneShot(writer: Writer, value: SetWatchesRequest): void {
  writer.long(value.relativeZxid);
  writer.vector(value.data, writeString);
  writer.vector(value.exists, writeString);
  writer.vector(value.children, writeString);
}

function readOneShot(reader: Reader) {
  return {
    relativeZxid: reader.long(),
    data: reader.vector(readString),
    exists: reader.vector(readString),
    children: reader.vector(readString),
  };
}
