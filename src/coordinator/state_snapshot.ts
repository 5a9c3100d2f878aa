import type { Reader } from "../zookeeper/protocol/reader.ts";
import { MalformedRecordError, Reader as ChunkReader } from "../zookeeper/protocol/reader.ts";
import { Writer } from "../zookeeper/protocol/writer.ts";
import { Session } from "./session.ts";
import type { State } from "./state.ts";
import { readAcl, writeAcl } from "./transaction_codec.ts";
import { TreeNode } from "./tree_node.ts";

// A snapshot is a list of chunks that can each be read alone: one with the head, those with nodes, in
// no order, and one that says how many nodes there were.

const VERSION = 1;
const Chunk = { head: 1, nodes: 2, end: 3 } as const;
/** Bytes from which a chunk of nodes is complete. */
const CHUNK_BYTES = 65_536;

/**
 * Writes the state as it is when it is made, while transactions go on: a node that is about to
 * change is written just before, and one that comes later is left out. So the snapshot is exact, not
 * fuzzy as ZooKeeper's own, and a transaction is never carried out twice on it.
 */
export class SnapshotWriter {
  readonly #state: State;
  readonly #number: number;
  readonly #writer = new Writer();
  readonly #head: Uint8Array;
  readonly #zxid: number;
  /** Bytes of the chunks so far. */
  bytes = 0;
  #nodesInChunk = 0;
  #nodes = 0;
  /** Chunks that wait to be pulled. */
  #ready: Uint8Array[] = [];

  /** `number` is not 0 and differs from that of every snapshot taken of this state before. */
  constructor(state: State, number: number) {
    this.#state = state;
    this.#number = number;
    this.#zxid = state.lastZxid;
    this.#head = this.#writeHead();
    state.tree.keeper = (path, node) => this.#keep(path, node);
  }

  /** The chunks, to be pulled at any pace. */
  *chunks(): Generator<Uint8Array, void, undefined> {
    yield this.#head;
    for (const [path, node] of this.#state.tree.nodes) {
      this.#keep(path, node);
      if (this.#ready.length > 0) yield* this.#taken();
    }
    this.#finishChunk();
    yield* this.#taken();
    yield this.#writeEnd();
  }

  /** Keeps no more nodes: the snapshot is written, or given up. */
  stop(): void {
    this.#state.tree.keeper = null;
  }

  #taken(): Uint8Array[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** Writes a node as it is, unless it was written, or has come after the snapshot was begun. */
  #keep(path: string, node: TreeNode): void {
    if (node.savedIn === this.#number || node.czxid > this.#zxid) return;
    node.savedIn = this.#number;
    if (this.#nodesInChunk === 0) this.#writer.int(Chunk.nodes);
    this.#writer.bool(true);
    writeNode(this.#writer, path, node);
    this.#nodesInChunk++;
    if (this.#writer.length >= CHUNK_BYTES) this.#finishChunk();
  }

  #finishChunk(): void {
    if (this.#nodesInChunk === 0) return;
    this.#writer.bool(false);
    const chunk = this.#writer.take();
    this.#ready.push(chunk);
    this.bytes += chunk.length;
    this.#nodes += this.#nodesInChunk;
    this.#nodesInChunk = 0;
  }

  #writeHead(): Uint8Array {
    const { sessions } = this.#state;
    this.#writer.int(Chunk.head);
    this.#writer.int(VERSION);
    this.#writer.longNumber(this.#zxid);
    this.#writer.long(sessions.nextId);
    const kept = [...sessions.byId.values()].filter((session) => session.committed);
    this.#writer.vector(kept, (writer, session) => {
      writer.long(session.id);
      writer.int(session.timeoutMs);
      writer.buffer(session.password);
    });
    return this.#writer.take();
  }

  #writeEnd(): Uint8Array {
    this.#writer.int(Chunk.end);
    this.#writer.int(this.#nodes);
    return this.#writer.take();
  }
}

/** Puts a snapshot in place of all that the state holds. Throws where the chunks are not one. */
export function loadSnapshot(state: State, chunks: Iterable<Uint8Array>): void {
  let expected: number | null = null;
  let found = 0;
  const nodesOf = function* (): Generator<readonly [string, TreeNode]> {
    for (const chunk of chunks) {
      const reader = new ChunkReader(chunk);
      const kind = reader.int();
      if (kind === Chunk.head) readHead(reader, state);
      else if (kind === Chunk.end) expected = reader.int();
      else {
        while (reader.bool()) {
          found++;
          yield readNode(reader);
        }
      }
    }
  };
  state.tree.load(nodesOf());
  if (expected !== found) {
    throw new MalformedRecordError(`Snapshot with ${found} nodes where ${expected} should be`);
  }
}

function readHead(reader: Reader, state: State): void {
  const version = reader.int();
  if (version !== VERSION) {
    throw new MalformedRecordError(`Snapshot of version ${version}, written by a newer release`);
  }
  state.lastZxid = reader.longNumber();
  state.sessions.keepIdsFrom(reader.long());
  const sessions = reader.vector((each) =>
    new Session(each.long(), each.int(), each.buffer() ?? new Uint8Array(0))
  );
  for (const session of sessions) {
    session.committed = true;
    state.sessions.add(session);
  }
}

function writeNode(writer: Writer, path: string, node: TreeNode): void {
  writer.string(path);
  writer.buffer(node.data);
  writeAcl(writer, node.acl);
  writer.long(node.owner);
  writer.longNumber(node.czxid);
  writer.longNumber(node.mzxid);
  writer.longNumber(node.pzxid);
  writer.longNumber(node.ctime);
  writer.longNumber(node.mtime);
  writer.int(node.version);
  writer.int(node.creates);
  writer.int(node.aversion);
}

function readNode(reader: Reader): readonly [path: string, node: TreeNode] {
  const path = reader.string();
  const data = reader.buffer();
  const acl = readAcl(reader);
  const owner = reader.long();
  const czxid = reader.longNumber();
  const mzxid = reader.longNumber();
  const pzxid = reader.longNumber();
  const node = new TreeNode(data, acl, czxid, reader.longNumber(), owner);
  node.mzxid = mzxid;
  node.pzxid = pzxid;
  node.mtime = reader.longNumber();
  node.version = reader.int();
  node.creates = reader.int();
  node.aversion = reader.int();
  return [path, node];
}
