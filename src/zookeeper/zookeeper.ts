import type { Endpoint, TlsOptions } from "./environment.ts";

/** What ZooKeeper keeps about a node. Ids of transactions (zxid) and of sessions are 64 bits. */
export interface Stat {
  /** zxid of the transaction that created the node. */
  readonly czxid: bigint;
  /** zxid of the transaction that last changed its data. */
  readonly mzxid: bigint;
  /** ms since 1970 by the server's clock, at creation. */
  readonly ctime: number;
  /** ms since 1970 by the server's clock, at the last change of data. */
  readonly mtime: number;
  /** Changes of the data since creation. */
  readonly version: number;
  /** Changes of the child list since creation. */
  readonly cversion: number;
  /** Changes of the ACL since creation. */
  readonly aversion: number;
  /** Session that owns an ephemeral node; 0n for all others, also for containers and TTL nodes. */
  readonly ephemeralOwner: bigint;
  /** Bytes of data. */
  readonly dataLength: number;
  /** Nodes directly below. */
  readonly numChildren: number;
  /** zxid of the last change of the child list. */
  readonly pzxid: bigint;
}

/**
 * One entry of a node's access list: what whoever has been authenticated as `id` may do with it.
 */
export interface Acl {
  /** Bits: 1 read, 2 write, 4 create, 8 delete, 16 admin; 31 all. */
  readonly permissions: number;
  /**
   * How the id is recognised, by the names of the server: `world`, `auth`, `digest`, `ip`, `x509`,
   * `sasl`.
   */
  readonly scheme: string;
  /**
   * Form by scheme: `anyone` for `world`, what `digestId` gives for `digest`, an address for `ip`.
   */
  readonly id: string;
}

/**
 * How long a node stays. Ephemeral ones go with the session that made them. To the name of a
 * sequential one the server adds ten digits, which grow with each child that its parent gets. A
 * container is removed by the server some time after its last child has gone, a TTL node once it has
 * no children and was not changed for its time; both since ZooKeeper 3.5.
 */
export type CreateMode =
  | "persistent"
  | "ephemeral"
  | "persistent_sequential"
  | "ephemeral_sequential"
  | "container"
  | "persistent_ttl"
  | "persistent_sequential_ttl";

/** What a node is made with beside its data. */
export interface CreateOptions {
  /** Default `persistent`. */
  readonly mode?: CreateMode;
  /** Default: the ACL given when the client was made, else open to everybody. */
  readonly acl?: readonly Acl[];
  /** ms; for the TTL modes only, and at least 1. */
  readonly ttlMs?: number;
}

/** One operation of a transaction. A `version` of -1, or none, matches every version. */
export type Op =
  | ({
    readonly type: "create";
    readonly path: string;
    readonly data?: Uint8Array;
  } & CreateOptions)
  | { readonly type: "delete"; readonly path: string; readonly version?: number }
  | {
    readonly type: "set";
    readonly path: string;
    readonly data: Uint8Array;
    readonly version?: number;
  }
  | { readonly type: "check"; readonly path: string; readonly version?: number };

/**
 * What one operation of a transaction came to, in the place of the operation. `path` is the one
 * created, with its number; `stat` is null where the server's answer has none.
 */
export type OpResult =
  | { readonly type: "create"; readonly path: string; readonly stat: Stat | null }
  | { readonly type: "delete" }
  | { readonly type: "set"; readonly stat: Stat }
  | { readonly type: "check" };

/** One read of a `multiRead`. */
export type ReadOp =
  | { readonly type: "getData"; readonly path: string }
  | { readonly type: "getChildren"; readonly path: string };

/** What one read came to, in the place of the read; `children` are names, in no order. */
export type ReadResult =
  | { readonly type: "getData"; readonly data: Uint8Array; readonly stat: Stat }
  | { readonly type: "getChildren"; readonly children: string[] }
  | { readonly type: "error"; readonly code: import("./errors.ts").ZooKeeperErrorCode };

/**
 * What a watch saw. `resumed` comes after a reconnect or a new session: the watch stands again, but
 * what happened in between is not replayed, so its user reads everything anew. One-shot watches come
 * through a reconnect with nothing missed; a new session ends them with `resumed`.
 */
export type WatchEvent =
  | {
    readonly type: "created" | "deleted" | "changed" | "children_changed";
    readonly path: string;
  }
  | { readonly type: "resumed" };

/**
 * Called once for each event, in the order in which the server sent them. What it throws goes to
 * `onListenerError` and disturbs nothing.
 */
export type WatchListener = (event: WatchEvent) => void;

/** A watch that stands until it is removed: it survives reconnects and new sessions. */
export interface Watch {
  /** Ends the watch; its listener is not called again. Never throws. */
  remove(): Promise<void>;
}

/**
 * - `connecting`: no session yet.
 * - `connected`: a server answers within the session.
 * - `suspended`: the connection is lost, or silent for two thirds of the session timeout; the
 *   session may still live on the server. Holders stop acting on what they hold.
 * - `expired`: the server said so, or the session timeout has passed on the client's own clock
 *   without a sign of life: ephemeral nodes are gone, or will be. A new session follows by itself.
 * - `closed`: by `close()`, or for good (authentication refused).
 */
export type SessionState = "connecting" | "connected" | "suspended" | "expired" | "closed";

/** One change of the session's state; `sessionId` "0" while there is none. */
export interface StateChange {
  /** The state from now on. */
  readonly state: SessionState;
  /** Hexadecimal. */
  readonly sessionId: string;
  /** True on the `connected` that opens a session, false where an old one was attached again. */
  readonly isNewSession: boolean;
}

/** What a session is opened with; only `hosts` has to be given. */
export interface ConnectOptions {
  /** `host:port,host:port/chroot`; or the parts. IPv6 hosts in brackets; the port defaults to 2181. */
  readonly hosts: string | { readonly endpoints: readonly Endpoint[]; readonly chroot?: string };
  /** ms asked for; the server may answer with another. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** ms until the first session must stand. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Times that each server is tried before the first session stands. Default: until the timeout. */
  readonly connectRounds?: number;
  /** ms after which an operation without a reply fails with OPERATION_TIMEOUT. Default: none. */
  readonly operationTimeoutMs?: number;
  /** Sent at the start of each connection, before anything else. */
  readonly auth?: readonly { readonly scheme: string; readonly credential: string }[];
  /** For every node that is created without one. Default: open to everybody. */
  readonly defaultAcl?: readonly Acl[];
  /** Turns TLS on, for every server. Default: plain TCP. */
  readonly tls?: TlsOptions;
  /** Bytes: the server's `jute.maxbuffer`; requests over it are refused unsent. Default 1,048,575. */
  readonly maxPacketBytes?: number;
  /** Told what a listener has thrown. Default: it is thrown again where it can break nothing. */
  readonly onListenerError?: (error: unknown) => void;
}

/**
 * A ZooKeeper session. Every operation settles: with its reply, with a `ZooKeeperError` of the
 * server, or with one that says whether it may have been carried out (`outcome`). Paths begin with
 * `/` and are relative to the chroot. Operations called while `connecting` or `suspended` are queued
 * until the session stands or expires; those in flight when a connection breaks fail with
 * CONNECTION_LOSS, outcome unknown.
 */
export interface ZooKeeper {
  /** The state now; `onStateChange` tells of the next one. */
  readonly state: SessionState;
  /** Hexadecimal; "0" before the first session. */
  readonly sessionId: string;
  /** ms, as granted by the server. */
  readonly sessionTimeoutMs: number;
  /** Server that the client is, or was last, connected to. */
  readonly endpoint: Endpoint | undefined;

  /** Calls the listener on each change; the returned function ends that. */
  onStateChange(listener: (change: StateChange) => void): () => void;

  /** Full path as created (with the number, for sequential modes), and its stat. */
  create(
    path: string,
    data?: Uint8Array,
    options?: CreateOptions,
  ): Promise<{ path: string; stat: Stat }>;
  /** Throws NO_NODE, NOT_EMPTY where it has children, BAD_VERSION where `version` is another. */
  delete(path: string, version?: number): Promise<void>;
  /** null where there is no such node. */
  exists(path: string, watch?: WatchListener): Promise<Stat | null>;
  /** Data and stat of a node. Throws NO_NODE; then no watch is left. */
  getData(path: string, watch?: WatchListener): Promise<{ data: Uint8Array; stat: Stat }>;
  /** The stat afterwards. Throws NO_NODE, and BAD_VERSION where `version` is another. */
  setData(path: string, data: Uint8Array, version?: number): Promise<Stat>;
  /** Names, in no order. */
  getChildren(path: string, watch?: WatchListener): Promise<{ children: string[]; stat: Stat }>;
  /** The access list of a node, and its stat. Throws NO_NODE. */
  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }>;
  /**
   * Replaces the access list; the stat afterwards. `version` is the `aversion` that it must have.
   * Throws NO_NODE, BAD_VERSION, INVALID_ACL.
   */
  setAcl(path: string, acl: readonly Acl[], version?: number): Promise<Stat>;
  /** Brings the connected server up to the leader's state before the reads that follow. */
  sync(path: string): Promise<void>;
  /** All or nothing; throws `MultiError` with the first operation that failed. */
  multi(ops: readonly Op[]): Promise<OpResult[]>;
  /** Each read with its own result or error. Servers before 3.6 answer UNIMPLEMENTED. */
  multiRead(ops: readonly ReadOp[]): Promise<ReadResult[]>;
  /** Persistent watch. Servers before 3.6 answer UNIMPLEMENTED. */
  addWatch(
    path: string,
    options: { recursive: boolean },
    listener: WatchListener,
  ): Promise<Watch>;
  /** Paths of the ephemeral nodes of this session, below a prefix. */
  getEphemerals(prefix?: string): Promise<string[]>;
  /** Count of all nodes below a path. */
  getAllChildrenNumber(path: string): Promise<number>;
  /** Ends the session; ephemeral nodes go at once. Never throws; pending operations fail CLOSED. */
  close(): Promise<void>;
}
