import type { Acl, Stat } from "../zookeeper.ts";
import { type Codec, readString, writeString } from "./codec.ts";
import { acl, stat, type StatSource } from "./records.ts";

// Bodies of the replies, after `zookeeper.jute` (package proto) of ZooKeeper 3.8. A reply whose
// header carries an error has no body.

/** For `create` and `sync`. */
export const pathReply: Codec<{ readonly path: string }> = {
  write: (writer, value) => writer.string(value.path),
  read: (reader) => ({ path: reader.string() }),
};

/** `Create2Response`: for `create2`, `createContainer` and `createTtl`. */
export const create2Reply: Codec<
  { path: string; stat: Stat },
  { readonly path: string; readonly stat: StatSource }
> = {
  write: (writer, value) => {
    writer.string(value.path);
    stat.write(writer, value.stat);
  },
  read: (reader) => ({ path: reader.string(), stat: stat.read(reader) }),
};

/** For `exists`, `setData` and `setAcl`. */
export const statReply: Codec<Stat, StatSource> = stat;

export const getDataReply: Codec<
  { data: Uint8Array; stat: Stat },
  { readonly data: Uint8Array | null; readonly stat: StatSource }
> = {
  write: (writer, value) => {
    writer.buffer(value.data);
    stat.write(writer, value.stat);
  },
  read: (reader) => ({ data: reader.buffer() ?? new Uint8Array(0), stat: stat.read(reader) }),
};

/** For `getChildren`, in a `multiRead`. */
export const childrenReply: Codec<
  { children: string[] },
  { readonly children: readonly string[] }
> = {
  write: (writer, value) => writer.vector(value.children, writeString),
  read: (reader) => ({ children: reader.vector(readString) }),
};

export const getChildren2Reply: Codec<
  { children: string[]; stat: Stat },
  { readonly children: readonly string[]; readonly stat: StatSource }
> = {
  write: (writer, value) => {
    writer.vector(value.children, writeString);
    stat.write(writer, value.stat);
  },
  read: (reader) => ({ children: reader.vector(readString), stat: stat.read(reader) }),
};

export const getAclReply: Codec<
  { acl: Acl[]; stat: Stat },
  { readonly acl: readonly Acl[]; readonly stat: StatSource }
> = {
  write: (writer, value) => {
    writer.vector(value.acl, acl.write);
    stat.write(writer, value.stat);
  },
  read: (reader) => ({ acl: reader.vector(acl.read), stat: stat.read(reader) }),
};

export const getEphemeralsReply: Codec<{ paths: string[] }, { readonly paths: readonly string[] }> =
  {
    write: (writer, value) => writer.vector(value.paths, writeString),
    read: (reader) => ({ paths: reader.vector(readString) }),
  };

export const getAllChildrenNumberReply: Codec<{ total: number }> = {
  write: (writer, value) => writer.int(value.total),
  read: (reader) => ({ total: reader.int() }),
};

/** `WhoAmIResponse`: the identities that a session has shown, passwords left out. */
export const whoAmIReply: Codec<
  { identities: { scheme: string; user: string }[] },
  { readonly identities: readonly { readonly scheme: string; readonly user: string }[] }
> = {
  write: (writer, value) =>
    writer.vector(value.identities, (each, { scheme, user }) => {
      each.string(scheme);
      each.string(user);
    }),
  read: (reader) => ({
    identities: reader.vector((each) => ({ scheme: each.string(), user: each.string() })),
  }),
};

/** `ErrorResponse`: the body of an `addWatch` reply, and of the failures in a `multi`. */
export const errorReply: Codec<{ readonly error: number }> = {
  write: (writer, value) => writer.int(value.error),
  read: (reader) => ({ error: reader.int() }),
};
