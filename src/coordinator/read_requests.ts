import {
  multiReply,
  type MultiReplySource,
  multiRequest,
  type MultiRequestPart,
} from "../zookeeper/protocol/multi.ts";
import { EventType, OpCode } from "../zookeeper/protocol/opcodes.ts";
import { MalformedRecordError, type Reader } from "../zookeeper/protocol/reader.ts";
import * as replies from "../zookeeper/protocol/replies.ts";
import * as requests from "../zookeeper/protocol/requests.ts";
import type { Writer } from "../zookeeper/protocol/writer.ts";
import { type Identity, isAllowed, maskDigests, OPEN_ACL, Permission } from "./acl.ts";
import { ErrorNumber } from "./error_number.ts";
import type { Session } from "./session.ts";
import type { State } from "./state.ts";
import type { TreeNode } from "./tree_node.ts";
import { type Watcher, WatchMode } from "./watch_table.ts";

/** Who reads. */
export interface ReadAsker {
  readonly session: Session;
  readonly identities: readonly Identity[];
  /** Gets the watches that it asks for. */
  readonly watcher: Watcher;
  /** Writes the header of a reply without an error; the body goes to what it returns. */
  ok(): Writer;
}

/** Answers one request with `ok()` and a body; or returns the number of the error. */
type Answer = (state: State, reader: Reader, asker: ReadAsker) => number;

// After `FinalRequestProcessor.processRequest` of ZooKeeper 3.8. Paths are looked up as they come:
// one that is not valid is a node that does not exist.

const ANSWERS: ReadonlyMap<number, Answer> = new Map<number, Answer>([
  [OpCode.exists, exists],
  [OpCode.getData, getData],
  [OpCode.getChildren, getChildren],
  [OpCode.getChildren2, getChildren2],
  [OpCode.getAcl, getAcl],
  [OpCode.getEphemerals, getEphemerals],
  [OpCode.getAllChildrenNumber, getAllChildrenNumber],
  [OpCode.multiRead, multiRead],
  [OpCode.sync, sync],
  [OpCode.setWatches, setWatches],
  [OpCode.setWatches2, setWatches2],
  [OpCode.addWatch, addWatch],
  [OpCode.removeWatches, removeWatches],
  [OpCode.checkWatches, checkWatches],
  [OpCode.whoAmI, whoAmI],
]);

/** Whether a request changes nothing in the tree. */
export function isRead(type: number): boolean {
  return ANSWERS.has(type);
}

/** Answers a request that reads, by `asker.ok()`; or returns the number of the error, not 0. */
export function answerRead(type: number, state: State, reader: Reader, asker: ReadAsker): number {
  const answer = ANSWERS.get(type);
  if (answer === undefined) return ErrorNumber.unimplemented;
  try {
    return answer(state, reader, asker);
  } catch (error) {
    if (!(error instanceof MalformedRecordError)) throw error;
    return ErrorNumber.marshallingError;
  }
}

/** A watch is set where there is no node, too: that is how one waits for it to come. */
function exists(state: State, reader: Reader, { watcher, ok }: ReadAsker): number {
  const { path, watch } = requests.watchedRequest.read(reader);
  if (path.includes("\0")) return ErrorNumber.badArguments;
  if (watch) state.watches.addData(path, watcher);
  const node = state.tree.get(path);
  if (node === undefined) return ErrorNumber.noNode;
  replies.statReply.write(ok(), node);
  return ErrorNumber.ok;
}

function getData(state: State, reader: Reader, { identities, watcher, ok }: ReadAsker): number {
  const { path, watch } = requests.watchedRequest.read(reader);
  const node = readable(state, path, identities);
  if (typeof node === "number") return node;
  if (watch) state.watches.addData(path, watcher);
  replies.getDataReply.write(ok(), { data: node.data, stat: node });
  return ErrorNumber.ok;
}

function getChildren(state: State, reader: Reader, asker: ReadAsker): number {
  const node = listed(state, reader, asker);
  if (typeof node === "number") return node;
  replies.childrenReply.write(asker.ok(), { children: namesBelow(node) });
  return ErrorNumber.ok;
}

function getChildren2(state: State, reader: Reader, asker: ReadAsker): number {
  const node = listed(state, reader, asker);
  if (typeof node === "number") return node;
  replies.getChildren2Reply.write(asker.ok(), {
    children: namesBelow(node),
    stat: node,
  });
  return ErrorNumber.ok;
}

/** All children lie in one directory, so their names begin at one place. */
function namesBelow({ children }: TreeNode): string[] {
  if (children === null) return [];
  const names: string[] = [];
  let start = 0;
  for (const path of children) {
    if (start === 0) start = path.lastIndexOf("/") + 1;
    names.push(path.slice(start));
  }
  return names;
}

function listed(
  state: State,
  reader: Reader,
  { identities, watcher }: ReadAsker,
): TreeNode | number {
  const { path, watch } = requests.watchedRequest.read(reader);
  const node = readable(state, path, identities);
  if (typeof node !== "number" && watch) state.watches.addChildren(path, watcher);
  return node;
}

function getAcl(state: State, reader: Reader, { identities, ok }: ReadAsker): number {
  const node = state.tree.get(requests.pathRequest.read(reader).path);
  if (node === undefined) return ErrorNumber.noNode;
  if (!isAllowed(node.acl, Permission.read | Permission.admin, identities)) {
    return ErrorNumber.noAuth;
  }
  const isAdmin = isAllowed(node.acl, Permission.admin, identities);
  replies.getAclReply.write(ok(), {
    acl: isAdmin ? node.acl : maskDigests(node.acl),
    stat: node,
  });
  return ErrorNumber.ok;
}

/** Nothing, or the root, as Java trims it: all characters up to the space. */
// deno-lint-ignore no-control-regex -- they are what is trimmed
const ALL_PATHS = /^[\u0000- ]*\/?[\u0000- ]*$/;

function getEphemerals(state: State, reader: Reader, { session, ok }: ReadAsker): number {
  const { path: prefix } = requests.pathRequest.read(reader);
  const owned = [...state.tree.ephemerals.get(session.id) ?? []];
  const paths = ALL_PATHS.test(prefix) ? owned : owned.filter((path) => path.startsWith(prefix));
  replies.getEphemeralsReply.write(ok(), { paths });
  return ErrorNumber.ok;
}

function getAllChildrenNumber(state: State, reader: Reader, asker: ReadAsker): number {
  const { path } = requests.pathRequest.read(reader);
  const node = readable(state, path, asker.identities);
  if (typeof node === "number") return node;
  replies.getAllChildrenNumberReply.write(asker.ok(), { total: state.tree.countBelow(path) });
  return ErrorNumber.ok;
}

function multiRead(state: State, reader: Reader, { identities, ok }: ReadAsker): number {
  const parts = multiRequest.read(reader);
  const results: MultiReplySource[] = [];
  for (const part of parts) {
    const result = readPart(state, part, identities);
    if (result === null) return ErrorNumber.marshallingError;
    results.push(result);
  }
  multiReply.write(ok(), results);
  return ErrorNumber.ok;
}

/** Null for what is not a read. */
function readPart(
  state: State,
  { type, path }: MultiRequestPart,
  identities: readonly Identity[],
): MultiReplySource | null {
  if (type !== OpCode.getData && type !== OpCode.getChildren) return null;
  const node = readable(state, path, identities);
  if (typeof node === "number") return { type: OpCode.error, error: node };
  return type === OpCode.getData
    ? { type, data: node.data, stat: node }
    : { type, children: namesBelow(node) };
}

function sync(_state: State, reader: Reader, { ok }: ReadAsker): number {
  const request = requests.pathRequest.read(reader);
  replies.pathReply.write(ok(), request);
  return ErrorNumber.ok;
}

function setWatches(state: State, reader: Reader, asker: ReadAsker): number {
  restoreWatches(state, requests.setWatchesRequest.read(reader), asker.watcher);
  asker.ok();
  return ErrorNumber.ok;
}

function setWatches2(state: State, reader: Reader, asker: ReadAsker): number {
  restoreWatches(state, requests.setWatches2Request.read(reader), asker.watcher);
  asker.ok();
  return ErrorNumber.ok;
}

/**
 * After `DataTree.setWatches`: what has changed meanwhile is told at once instead. ACLs are not looked
 * at here, as there.
 */
function restoreWatches(
  { tree, watches }: State,
  request: requests.SetWatchesRequest,
  watcher: Watcher,
): void {
  const since = Number(request.relativeZxid);
  for (const path of request.data) {
    const node = tree.get(path);
    if (node === undefined) watcher.watched(EventType.deleted, path, OPEN_ACL);
    else if (node.mzxid > since) watcher.watched(EventType.changed, path, OPEN_ACL);
    else watches.addData(path, watcher);
  }
  for (const path of request.exists) {
    if (tree.get(path) !== undefined) watcher.watched(EventType.created, path, OPEN_ACL);
    else watches.addData(path, watcher);
  }
  for (const path of request.children) {
    const node = tree.get(path);
    if (node === undefined) watcher.watched(EventType.deleted, path, OPEN_ACL);
    else if (node.pzxid > since) watcher.watched(EventType.childrenChanged, path, OPEN_ACL);
    else watches.addChildren(path, watcher);
  }
  const standing = [[request.persistent, WatchMode.persistent], [
    request.recursive,
    WatchMode.recursive,
  ]] as const;
  for (const [paths, mode] of standing) {
    for (const path of paths) {
      watches.addChildren(path, watcher, mode);
      watches.addData(path, watcher, mode);
    }
  }
}

function addWatch({ watches }: State, reader: Reader, { watcher, ok }: ReadAsker): number {
  const { path, mode } = requests.addWatchRequest.read(reader);
  if (!watches.addStanding(path, watcher, mode)) return ErrorNumber.marshallingError;
  replies.errorReply.write(ok(), { error: ErrorNumber.ok });
  return ErrorNumber.ok;
}

function removeWatches({ watches }: State, reader: Reader, { watcher, ok }: ReadAsker): number {
  const { path, type } = requests.removeWatchesRequest.read(reader);
  return found(watches.remove(path, watcher, type), ok);
}

function checkWatches({ watches }: State, reader: Reader, { watcher, ok }: ReadAsker): number {
  const { path, type } = requests.removeWatchesRequest.read(reader);
  return found(watches.has(path, watcher, type), ok);
}

function found(was: boolean | null, ok: () => Writer): number {
  if (was === null) return ErrorNumber.marshallingError;
  if (!was) return ErrorNumber.noWatcher;
  ok();
  return ErrorNumber.ok;
}

function whoAmI(_state: State, _reader: Reader, { identities, ok }: ReadAsker): number {
  replies.whoAmIReply.write(ok(), {
    identities: identities.map(({ scheme, id }) => ({ scheme, user: userOf(scheme, id) })),
  });
  return ErrorNumber.ok;
}

/** The name alone: what stands behind it is as good as the password. */
function userOf(scheme: string, id: string): string {
  return scheme === "digest" ? id.replace(/:.*$/s, "") : id;
}

function readable(
  state: State,
  path: string,
  identities: readonly Identity[],
): TreeNode | number {
  const node = state.tree.get(path);
  if (node === undefined) return ErrorNumber.noNode;
  return isAllowed(node.acl, Permission.read, identities) ? node : ErrorNumber.noAuth;
}
