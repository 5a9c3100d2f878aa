import type { MultiReplySource } from "../zookeeper/protocol/multi.ts";
import { OpCode } from "../zookeeper/protocol/opcodes.ts";
import { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import type { Change, MultiChange, Transaction } from "./transaction.ts";
import { Tree } from "./tree.ts";
import { statNow, type TreeNode } from "./tree_node.ts";
import { Watches } from "./watches.ts";

/**
 * What a transaction led to, for its reply: the node that it changed, the results of a `multi`, or
 * nothing to tell.
 */
export type Effect = TreeNode | readonly MultiReplySource[] | null;

/** All that a coordinator knows: what the log says, and who watches. */
export class State {
  readonly watches = new Watches();
  readonly tree = new Tree(this.watches);
  readonly sessions: Sessions;
  /** zxid of the last transaction that was carried out. */
  lastZxid = 0;

  constructor(tickMs: number) {
    this.sessions = new Sessions(tickMs);
  }

  /** Carries out a transaction that is on disk, after `DataTree.processTxn`. Watches fire in it. */
  apply(transaction: Transaction): Effect {
    const { change, zxid, time } = transaction;
    this.lastZxid = zxid;
    switch (change.type) {
      case OpCode.multi:
        return this.#applyMulti(change, zxid, time);
      case OpCode.createSession:
        this.#keepSession(transaction.session, change.timeoutMs, change.password);
        return null;
      case OpCode.closeSession:
        this.#endSession(transaction.session, change.paths, zxid);
        return null;
      default:
        return this.#applyChange(change, zxid, time);
    }
  }

  #applyChange(change: Change, zxid: number, time: number): TreeNode | null {
    switch (change.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
        return this.tree.create(change, zxid, time);
      case OpCode.delete:
      case OpCode.deleteContainer:
        this.tree.delete(change.path, zxid);
        return null;
      case OpCode.setData:
        return this.tree.setData(change.path, change.data, change.version, zxid, time);
      case OpCode.setAcl:
        return this.tree.setAcl(change.path, change.acl, change.version);
      case OpCode.check:
        return this.tree.get(change.path) ?? null;
      case OpCode.error:
        return null;
    }
  }

  #applyMulti({ parts }: MultiChange, zxid: number, time: number): MultiReplySource[] {
    return parts.map((part) => {
      const node = this.#applyChange(part, zxid, time);
      switch (part.type) {
        case OpCode.create:
          return { type: part.type, path: part.path };
        case OpCode.create2:
        case OpCode.createContainer:
          return { type: OpCode.create2, path: part.path, stat: statOf(node) };
        case OpCode.setData:
          return { type: part.type, stat: statOf(node) };
        case OpCode.delete:
        case OpCode.check:
          return { type: part.type };
        case OpCode.error:
          return { type: part.type, error: part.error };
        default:
          throw new Error(`Operation ${part.type} in a transaction of several`);
      }
    });
  }

  /** A session that was created here is known already; one from the log is not. */
  #keepSession(id: bigint, timeoutMs: number, password: Uint8Array): void {
    const session = this.sessions.byId.get(id) ?? new Session(id, timeoutMs, password);
    session.committed = true;
    this.sessions.add(session);
  }

  #endSession(id: bigint, paths: readonly string[], zxid: number): void {
    for (const path of paths) this.tree.delete(path, zxid);
    const session = this.sessions.byId.get(id);
    if (session === undefined) return;
    session.closing = true;
    this.sessions.remove(session);
  }
}

function statOf(node: TreeNode | null) {
  if (node === null) throw new Error("A change of a node has left no node");
  return statNow(node);
}
