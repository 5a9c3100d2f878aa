import type { Endpoint, Environment } from "./environment.ts";
import { isZooKeeperError, ZooKeeperError } from "./errors.ts";
import { checkedChroot, type Hosts, parseHosts } from "./hosts.ts";
import { Chroot } from "./paths.ts";
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
  addWatchRequest,
  createRequest,
  createTtlRequest,
  pathRequest,
  setAclRequest,
  setDataRequest,
  versionedRequest,
  watchedRequest,
} from "./protocol/requests.ts";
import type { Writer } from "./protocol/writer.ts";
import { PendingCall, type Request } from "./session/call.ts";
import { Session } from "./session/session.ts";
import {
  createPart,
  type Defaults,
  OPEN_ACL,
  opResults,
  readPart,
  readResults,
  requestPart,
} from "./transaction.ts";
import { type ErrorReporter, rethrowLater } from "./watches/delivery.ts";
import type { OneShotKind } from "./watches/one_shot.ts";
import type { Registration } from "./watches/persistent.ts";
import { WatchRegistry } from "./watches/registry.ts";
import type {
  Acl,
  ConnectOptions,
  CreateOptions,
  Op,
  OpResult,
  ReadOp,
  ReadResult,
  SessionState,
  Stat,
  StateChange,
  Watch,
  WatchListener,
  ZooKeeper,
} from "./zookeeper.ts";

const NO_NODE = errorNumber("NO_NODE");

/**
 * Opens a session. Rejects with `ZooKeeperError` CONNECT_TIMEOUT (outcome `not_sent`), AUTH_FAILED,
 * or BAD_ARGUMENTS and INVALID_PATH for a connect string that is not one.
 */
export async function connect(
  options: ConnectOptions,
  environment: Environment,
): Promise<ZooKeeper> {
  const client = new Client(options, environment);
  await client.open();
  return client;
}

class Client implements ZooKeeper {
  readonly #chroot: Chroot;
  readonly #defaults: Defaults;
  readonly #session: Session;
  readonly #watches: WatchRegistry;
  readonly #report: ErrorReporter;
  readonly #stateListeners = new Set<(change: StateChange) => void>();

  constructor(options: ConnectOptions, environment: Environment) {
    const { endpoints, chroot } = hostsOf(options);
    this.#report = options.onListenerError ?? rethrowLater;
    this.#chroot = new Chroot(chroot);
    this.#defaults = { chroot: this.#chroot, acl: options.defaultAcl ?? OPEN_ACL };
    this.#watches = new WatchRegistry(this.#chroot, this.#report);
    const encoder = new TextEncoder();
    this.#session = new Session(
      {
        endpoints,
        sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
        connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
        operationTimeoutMs: options.operationTimeoutMs,
        auth: (options.auth ?? []).map(({ scheme, credential }) => ({
          scheme,
          credential: encoder.encode(credential),
        })),
        tls: options.tls,
        maxRequestBytes: options.maxPacketBytes ?? 1_048_575,
      },
      environment,
      {
        stateChanged: (change) => this.#stateChanged(change),
        event: (event) => this.#sendInPassing(this.#watches.dispatch(event)),
        disconnected: () => this.#watches.disconnected(),
        restore: (lastZxid, isNewSession) => this.#watches.restore(lastZxid, isNewSession),
        restored: () => this.#watches.restored(),
      },
    );
  }

  open(): Promise<void> {
    return this.#session.open();
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get sessionId(): string {
    return this.#session.sessionId;
  }

  get sessionTimeoutMs(): number {
    return this.#session.timeoutMs;
  }

  get endpoint(): Endpoint | undefined {
    return this.#session.endpoint;
  }

  onStateChange(listener: (change: StateChange) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  create(
    path: string,
    data?: Uint8Array,
    options: CreateOptions = {},
  ): Promise<{ path: string; stat: Stat }> {
    return this.#run(() => {
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
          return { path: this.#chroot.toClient(reply.path), stat: reply.stat };
        },
      };
    });
  }

  delete(path: string, version = -1): Promise<void> {
    return this.#onNode(
      OpCode.delete,
      path,
      (writer, path) => versionedRequest.write(writer, { path, version }),
      () => {},
    );
  }

  exists(path: string, watch?: WatchListener): Promise<Stat | null> {
    return this.#run(() => {
      const request = this.#watched(OpCode.exists, path, "data", statReply.read, watch);
      return {
        ...request,
        recover: (error) => {
          if (error !== NO_NODE) return undefined;
          request.watch("exists");
          return null;
        },
      };
    });
  }

  getData(path: string, watch?: WatchListener): Promise<{ data: Uint8Array; stat: Stat }> {
    return this.#run(() => this.#watched(OpCode.getData, path, "data", getDataReply.read, watch));
  }

  setData(path: string, data: Uint8Array, version = -1): Promise<Stat> {
    return this.#onNode(
      OpCode.setData,
      path,
      (writer, path) => setDataRequest.write(writer, { path, data, version }),
      statReply.read,
    );
  }

  getChildren(path: string, watch?: WatchListener): Promise<{ children: string[]; stat: Stat }> {
    return this.#run(() =>
      this.#watched(OpCode.getChildren2, path, "children", getChildren2Reply.read, watch)
    );
  }

  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }> {
    return this.#onNode(OpCode.getAcl, path, writePath, getAclReply.read);
  }

  setAcl(path: string, acl: readonly Acl[], version = -1): Promise<Stat> {
    return this.#onNode(
      OpCode.setAcl,
      path,
      (writer, path) => setAclRequest.write(writer, { path, acl, version }),
      statReply.read,
    );
  }

  sync(path: string): Promise<void> {
    return this.#onNode(OpCode.sync, path, writePath, () => {});
  }

  multi(ops: readonly Op[]): Promise<OpResult[]> {
    return this.#run(() => {
      const parts = ops.map((op) => requestPart(op, this.#defaults));
      return {
        type: OpCode.multi,
        write: (writer) => multiRequest.write(writer, parts),
        read: (reader) => opResults(multiReply.read(reader), ops, this.#chroot),
      };
    });
  }

  multiRead(ops: readonly ReadOp[]): Promise<ReadResult[]> {
    return this.#run(() => {
      const parts = ops.map((op) => readPart(op, this.#chroot));
      return {
        type: OpCode.multiRead,
        write: (writer) => multiRequest.write(writer, parts),
        read: (reader) => readResults(multiReply.read(reader)),
      };
    });
  }

  async addWatch(
    path: string,
    options: { recursive: boolean },
    listener: WatchListener,
  ): Promise<Watch> {
    const server = this.#chroot.toServer(path);
    const registration: Registration = { path: server, recursive: options.recursive, listener };
    try {
      await this.#run<void>(() => ({
        type: OpCode.addWatch,
        path,
        write: (writer) => {
          const mode = this.#watches.add(registration);
          addWatchRequest.write(writer, { path: server, mode });
        },
        read: () => {},
      }));
    } catch (error) {
      this.#watches.withdraw(registration);
      throw error;
    }
    return { remove: () => this.#removeWatch(registration) };
  }

  async getEphemerals(prefix = "/"): Promise<string[]> {
    const { paths } = await this.#onNode(
      OpCode.getEphemerals,
      prefix,
      writePath,
      getEphemeralsReply.read,
    );
    // The server compares beginnings of strings: the prefix /a also finds /ab, beyond a chroot too.
    return paths.filter((path) => this.#chroot.contains(path)).map((path) =>
      this.#chroot.toClient(path)
    );
  }

  async getAllChildrenNumber(path: string): Promise<number> {
    const { total } = await this.#onNode(
      OpCode.getAllChildrenNumber,
      path,
      writePath,
      getAllChildrenNumberReply.read,
    );
    return total;
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** Sends a request; what `build` throws rejects the promise. */
  #run<T>(build: () => Request<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#session.submit(new PendingCall(build(), resolve, reject));
    });
  }

  #onNode<T>(
    type: number,
    path: string,
    write: (writer: Writer, serverPath: string) => void,
    read: (reader: Reader) => T,
  ): Promise<T> {
    return this.#run(() => {
      const serverPath = this.#chroot.toServer(path);
      return { type, path, write: (writer) => write(writer, serverPath), read };
    });
  }

  /** A read that may leave a one-shot watch, which stands from the reply on. */
  #watched<T>(
    type: number,
    path: string,
    kind: OneShotKind,
    read: (reader: Reader) => T,
    listener: WatchListener | undefined,
  ): Request<T> & { watch(kind: OneShotKind): void } {
    const serverPath = this.#chroot.toServer(path);
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

  async #removeWatch(registration: Registration): Promise<void> {
    const request = this.#watches.remove(registration);
    if (request === null || !this.#session.isConnected) return;
    try {
      await this.#run(() => request);
    } catch (error) {
      // Whatever went wrong, the listener is gone, and so is the watch with the connection.
      if (!isZooKeeperError(error)) throw error;
    }
  }

  /** For requests that nobody waits for: a watch that stays where it is not needed does no harm. */
  #sendInPassing(request: Request<void> | null): void {
    if (request !== null) this.#run(() => request).catch(() => {});
  }

  #stateChanged(change: StateChange): void {
    for (const listener of [...this.#stateListeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}

function writePath(writer: Writer, path: string): void {
  pathRequest.write(writer, { path });
}

function hostsOf({ hosts }: ConnectOptions): Hosts {
  if (typeof hosts === "string") return parseHosts(hosts);
  if (hosts.endpoints.length > 0) {
    return { endpoints: hosts.endpoints, chroot: checkedChroot(hosts.chroot ?? "") };
  }
  throw new ZooKeeperError("BAD_ARGUMENTS", "Cannot connect: no server is given", {
    outcome: "not_sent",
  });
}
