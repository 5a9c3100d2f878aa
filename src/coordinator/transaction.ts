import type { OpCode } from "../zookeeper/protocol/opcodes.ts";
import type { AclList } from "./acl.ts";

// What a request comes to once it is decided: deterministic, so that a log of transactions leads to
// the same state always. After the `txn` records of ZooKeeper 3.8.

/** A node comes; `type` is the opcode that asked for it. */
export interface CreateChange {
  readonly type: typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer;
  /** With the number, for a sequential one. */
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: AclList;
  /** A session, `CONTAINER_OWNER` or `NO_OWNER`. */
  readonly owner: bigint;
}

export interface DeleteChange {
  readonly type: typeof OpCode.delete | typeof OpCode.deleteContainer;
  readonly path: string;
}

export interface SetDataChange {
  readonly type: typeof OpCode.setData;
  readonly path: string;
  readonly data: Uint8Array | null;
  /** The one that the node gets. */
  readonly version: number;
}

export interface SetAclChange {
  readonly type: typeof OpCode.setAcl;
  readonly path: string;
  readonly acl: AclList;
  /** The one that the ACL gets. */
  readonly version: number;
}

/** Nothing changes. */
export interface CheckChange {
  readonly type: typeof OpCode.check;
  readonly path: string;
}

/** Nothing changes, but the request has used up a zxid, which its client may have seen. */
export interface ErrorChange {
  readonly type: typeof OpCode.error;
  /** Number of a `KeeperException.Code`. */
  readonly error: number;
}

/** What may be in a `multi`. */
export type Change =
  | CreateChange
  | DeleteChange
  | SetDataChange
  | SetAclChange
  | CheckChange
  | ErrorChange;

/** All or nothing; where one part is an error, all of them are. */
export interface MultiChange {
  readonly type: typeof OpCode.multi;
  readonly parts: readonly Change[];
}

export interface CreateSessionChange {
  readonly type: typeof OpCode.createSession;
  /** ms. */
  readonly timeoutMs: number;
  /** 16 bytes. */
  readonly password: Uint8Array;
}

export interface CloseSessionChange {
  readonly type: typeof OpCode.closeSession;
  /** Ephemeral nodes that go with the session. */
  readonly paths: readonly string[];
}

export interface Transaction {
  readonly zxid: number;
  /** ms since 1970: what ctime and mtime become. */
  readonly time: number;
  readonly session: bigint;
  /** xid of the request, for those who read the log. */
  readonly cxid: number;
  readonly change: Change | MultiChange | CreateSessionChange | CloseSessionChange;
}
