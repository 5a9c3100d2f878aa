import type { Endpoint, Environment } from "./environment.ts";
import { isZooKeeperError, ZooKeeperError } from "./errors.ts";
import { checkedChroot, type Hosts, parseHosts } from "./hosts.ts";
import { Operations } from "./operations.ts";
import { Chroot } from "./paths.ts";
import { OpCode } from "./protocol/opcodes.ts";
import { addWatchRequest } from "./protocol/requests.ts";
import { PendingCall, type Request } from "./session/call.ts";
import { Session } from "./session/session.ts";
import { OPEN_ACL } from "./transaction.ts";
import { type ErrorReporter, rethrowLater } from "./watches/delivery.ts";
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
  readonly #operations: Operations;
  readonly #session: Session;
  readonly #watches: WatchRegistry;
  readonly #report: ErrorReporter;
  readonly #stateListeners = new Set<(change: StateChange) => void>();

  constructor(options: ConnectOptions, environment: Environment) {
    const { endpoints, chroot } = hostsOf(options);
    this.#report = options.onListenerError ?? rethrowLater;
    this.#chroot = new Chroot(chroot);
    this.#watches = new WatchRegistry(this.#chroot, this.#report);
    this.#operations = new Operations(
      { chroot: this.#chroot, acl: options.defaultAcl ?? OPEN_ACL },
      this.#watches,
    );
    const encoder = new TextEncoder();
    this.#session = new Session(
      {
        endpoints,
        sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
        connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
        connectRounds: options.connectRounds ?? Infinity,
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
    return this.#run(() => this.#operations.create(path, data, options));
  }

  delete(path: string, version = -1): Promise<void> {
    return this.#run(() => this.#operations.delete(path, version));
  }

  exists(path: string, watch?: WatchListener): Promise<Stat | null> {
    return this.#run(() => this.#operations.exists(path, watch));
  }

  getData(path: string, watch?: WatchListener): Promise<{ data: Uint8Array; stat: Stat }> {
    return this.#run(() => this.#operations.getData(path, watch));
  }

  setData(path: string, data: Uint8Array, version = -1): Promise<Stat> {
    return this.#run(() => this.#operations.setData(path, data, version));
  }

  getChildren(path: string, watch?: WatchListener): Promise<{ children: string[]; stat: Stat }> {
    return this.#run(() => this.#operations.getChildren(path, watch));
  }

  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }> {
    return this.#run(() => this.#operations.getAcl(path));
  }

  setAcl(path: string, acl: readonly Acl[], version = -1): Promise<Stat> {
    return this.#run(() => this.#operations.setAcl(path, acl, version));
  }

  sync(path: string): Promise<void> {
    return this.#run(() => this.#operations.sync(path));
  }

  multi(ops: readonly Op[]): Promise<OpResult[]> {
    return this.#run(() => this.#operations.multi(ops));
  }

  multiRead(ops: readonly ReadOp[]): Promise<ReadResult[]> {
    return this.#run(() => this.#operations.multiRead(ops));
  }

  getEphemerals(prefix = "/"): Promise<string[]> {
    return this.#run(() => this.#operations.getEphemerals(prefix));
  }

  getAllChildrenNumber(path: string): Promise<number> {
    return this.#run(() => this.#operations.getAllChildrenNumber(path));
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

  close(): Promise<void> {
    return this.#session.close();
  }

  /** Sends a request; what `build` throws rejects the promise. */
  #run<T>(build: () => Request<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#session.submit(new PendingCall(build(), resolve, reject));
    });
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

function hostsOf({ hosts }: ConnectOptions): Hosts {
  if (typeof hosts === "string") return parseHosts(hosts);
  if (hosts.endpoints.length > 0) {
    return { endpoints: hosts.endpoints, chroot: checkedChroot(hosts.chroot ?? "") };
  }
  throw new ZooKeeperError("BAD_ARGUMENTS", "Cannot connect: no server is given", {
    outcome: "not_sent",
  });
}
