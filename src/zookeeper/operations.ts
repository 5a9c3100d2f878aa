import { errorNumber } from "./protocol/error_codes.ts";
import { multiReply, multiRequest } from "./protocol/multi.ts";
import { OpCode } from "./protocol/opcodes.ts";
import type { Reader } from "./protocol/reader.ts";
import {
  create2Reply,
  getAclReply,
  getAllChildrenNumberReply,
  getChildren2Reply,
  getDataReply,
  getEphemeralsReply,
  statReply,
} from "./protocol/replies.ts";
import {
  createRequest,
  createTtlRequest,
  pathRequest,
  setAclRequest,
  setDataRequest,
  versionedRequest,
  watchedRequest,
} from "./protocol/requests.ts";
import type { Writer } from "./protocol/writer.ts";
import type { Request } from "./session/call.ts";
import {
  createPart,
  type Defaults,
  opResults,
  readPart,
  readResults,
  requestPart,
} from "./transaction.ts";
import type { OneShotKind } from "./watches/one_shot.ts";
import type { WatchRegistry } from "./watches/registry.ts";
import type {
  Acl,
  CreateOptions,
  Op,
  OpResult,
  ReadOp,
  ReadResult,
  Stat,
  WatchListener,
} from "./zookeeper.ts";

const NO_NODE = errorNumber("NO_NODE");

/**
 * The operations as requests: paths go below the chroot, results come back out of it. All throw
 * `ZooKeeperError` INVALID_PATH (outcome `not_sent`).
 */
export class Operations {
  readonly #defaults: Defaults;
  readonly #watches: WatchRegistry;

  constructor(defaults: Defaults, watches: WatchRegistry) {
    this.#defaults = defaults;
    this.#watches = watches;
  }

  /** Throws BAD_ARGUMENTS, too: for a time to live that does not go with the mode. */
  create(
    path: string,
    data: Uint8Array | undefined,
    options: CreateOptions,
  ): Request<{ path: string; stat: Stat }> {
    const part = createPart(path, data, options, this.#defaults);
    return {
      type: part.type,
      path,
      write: (writer) =>
        part.type === OpCode.createTtl
          ? createTtlRequest.write(writer, part)
          : createRequest.write(writer, part),
      read: (reader) => {
        const reply = create2Reply.read(reader);
        return { path: this.#defaults.chroot.toClient(reply.path), stat: reply.stat };
      },
    };
  }

  delete(path: string, version: number): Request<void> {
    return this.#onNode(
      OpCode.delete,
      path,
      (writer, path) => versionedRequest.write(writer, { path, version }),
      () => {},
    );
  }

  exists(path: string, listener: WatchListener | undefined): Request<Stat | null> {
    const request = this.#read(OpCode.exists, path, "data", statReply.read, listener);
    return {
      ...request,
      recover: (error) => {
        if (error !== NO_NODE) return undefined;
        request.watch("exists");
        return null;
      },
    };
  }

  getData(
    path: string,
    listener: WatchListener | undefined,
  ): Request<{ data: Uint8Array; stat: Stat }> {
    return this.#read(OpCode.getData, path, "data", getDataReply.read, listener);
  }

  setData(path: string, data: Uint8Array, version: number): Request<Stat> {
    return this.#onNode(
      OpCode.setData,
      path,
      (writer, path) => setDataRequest.write(writer, { path, data, version }),
      statReply.read,
    );
  }

  getChildren(
    path: string,
    listener: WatchListener | undefined,
  ): Request<{ children: string[]; stat: Stat }> {
    return this.#read(OpCode.getChildren2, path, "children", getChildren2Reply.read, listener);
  }

  getAcl(path: string): Request<{ acl: Acl[]; stat: Stat }> {
    return this.#onNode(OpCode.getAcl, path, writePath, getAclReply.read);
  }

  setAcl(path: string, acl: readonly Acl[], version: number): Request<Stat> {
    return this.#onNode(
      OpCode.setAcl,
      path,
      (writer, path) => setAclRequest.write(writer, { path, acl, version }),
      statReply.read,
    );
  }

  sync(path: string): Request<void> {
    return this.#onNode(OpCode.sync, path, writePath, () => {});
  }

  multi(ops: readonly Op[]): Request<OpResult[]> {
    const parts = ops.map((op) => requestPart(op, this.#defaults));
    return {
      type: OpCode.multi,
      write: (writer) => multiRequest.write(writer, parts),
      read: (reader) => opResults(multiReply.read(reader), ops, this.#defaults.chroot),
    };
  }

  multiRead(ops: readonly ReadOp[]): Request<ReadResult[]> {
    const parts = ops.map((op) => readPart(op, this.#defaults.chroot));
    return {
      type: OpCode.multiRead,
      write: (writer) => multiRequest.write(writer, parts),
      read: (reader) => readResults(multiReply.read(reader)),
    };
  }

  /**
   * The server compares beginnings of strings, so the prefix /a also finds /ab; what that finds
   * beyond the chroot is left out.
   */
  getEphemerals(prefix: string): Request<string[]> {
    const { chroot } = this.#defaults;
    return this.#onNode(
      OpCode.getEphemerals,
      prefix,
      writePath,
      (reader) =>
        getEphemeralsReply.read(reader).paths.filter((path) => chroot.contains(path)).map((path) =>
          chroot.toClient(path)
        ),
    );
  }

  getAllChildrenNumber(path: string): Request<number> {
    return this.#onNode(
      OpCode.getAllChildrenNumber,
      path,
      writePath,
      (reader) => getAllChildrenNumberReply.read(reader).total,
    );
  }

  #onNode<T>(
    type: number,
    path: string,
    write: (writer: Writer, serverPath: string) => void,
    read: (reader: Reader) => T,
  ): Request<T> {
    const serverPath = this.#defaults.chroot.toServer(path);
    return { type, path, write: (writer) => write(writer, serverPath), read };
  }

  /** A read that may leave a one-shot watch, which stands from the reply on. */
  #read<T>(
    type: number,
    path: string,
    kind: OneShotKind,
    read: (reader: Reader) => T,
    listener: WatchListener | undefined,
  ): Request<T> & { watch(kind: OneShotKind): void } {
    const serverPath = this.#defaults.chroot.toServer(path);
    let covered = false;
    const watch = (kind: OneShotKind) => {
      if (listener) this.#watches.addOneShot(kind, serverPath, listener, covered);
    };
    return {
      type,
      path,
      watch,
      write: (writer) => {
        covered = listener !== undefined && this.#watches.covers(serverPath);
        const flag = listener !== undefined && !covered;
        watchedRequest.write(writer, { path: serverPath, watch: flag });
      },
      read: (reader) => {
        const value = read(reader);
        watch(kind);
        return value;
      },
    };
  }
}

function writePath(writer: Writer, path: string): void {
  pathRequest.write(writer, { path });
}
