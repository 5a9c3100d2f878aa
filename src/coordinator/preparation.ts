import { CreateFlag, OpCode } from "../zookeeper/protocol/opcodes.ts";
import type {
  CreateRequest,
  SetAclRequest,
  SetDataRequest,
} from "../zookeeper/protocol/requests.ts";
import { pathProblem } from "../zookeeper/paths.ts";
import { type Identity, isAllowed, Permission, resolveAcl } from "./acl.ts";
import { ErrorNumber } from "./error_number.ts";
import type { Expectation, NodeFacts } from "./expectation.ts";
import type { Session } from "./session.ts";
import type {
  CheckChange,
  CreateChange,
  DeleteChange,
  SetAclChange,
  SetDataChange,
} from "./transaction.ts";
import { isSystemPath, parentOf } from "./tree.ts";
import { CONTAINER_OWNER, isSession, NO_OWNER } from "./tree_node.ts";

/** Who asks, and in which transaction. */
export interface Asker {
  readonly session: Session;
  readonly identities: readonly Identity[];
  readonly zxid: number;
}

/** A path and the version that it must have; -1 for any. */
interface Versioned {
  readonly path: string;
  readonly version: number;
}

// Each function decides one request against the tree as it will be, in the order in which
// `PrepRequestProcessor.pRequest2Txn` of ZooKeeper 3.8 looks at things: it gives the change, or the
// number of the error. A change that is given is expected from then on.

type Decided<T> = T | number;

const SEQUENTIAL: ReadonlySet<number> = new Set([
  CreateFlag.persistent_sequential,
  CreateFlag.ephemeral_sequential,
]);
const EPHEMERAL: ReadonlySet<number> = new Set([
  CreateFlag.ephemeral,
  CreateFlag.ephemeral_sequential,
]);

export function prepareCreate(
  expectation: Expectation,
  type: CreateChange["type"],
  { path: asked, data, acl: askedAcl, flags }: CreateRequest,
  { session, identities, zxid }: Asker,
): Decided<CreateChange> {
  if (flags < CreateFlag.persistent || flags > CreateFlag.persistent_sequential_ttl) {
    return ErrorNumber.badArguments;
  }
  if (flags >= CreateFlag.persistent_ttl) return ErrorNumber.unimplemented;
  if (session.closing) return ErrorNumber.sessionExpired;
  if (!hasParent(asked)) return ErrorNumber.badArguments;
  const acl = resolveAcl(askedAcl, identities);
  if (acl === null) return ErrorNumber.invalidAcl;
  const parentPath = parentOf(asked);
  const parent = expectation.at(parentPath);
  if (parent === null) return ErrorNumber.noNode;
  if (!isAllowed(parent.acl, Permission.create, identities)) return ErrorNumber.noAuth;
  const path = SEQUENTIAL.has(flags) ? asked + sequence(parent.creates) : asked;
  if (pathProblem(path) !== null) return ErrorNumber.badArguments;
  if (expectation.at(path) !== null) return ErrorNumber.nodeExists;
  if (isSession(parent.owner)) return ErrorNumber.noChildrenForEphemerals;
  const owner = ownerOf(type, flags, session);
  expectation.set(parentPath, zxid, {
    ...factsOf(parent),
    creates: (parent.creates + 1) | 0,
    numChildren: parent.numChildren + 1,
  });
  expectation.set(path, zxid, {
    version: 0,
    creates: 0,
    aversion: 0,
    numChildren: 0,
    owner,
    acl,
  });
  return { type, path, data, acl, owner };
}

export function prepareDelete(
  expectation: Expectation,
  { path, version }: Versioned,
  { session, identities, zxid }: Asker,
): Decided<DeleteChange> {
  if (session.closing) return ErrorNumber.sessionExpired;
  if (!hasParent(path) || isSystemPath(path)) return ErrorNumber.badArguments;
  const parent = expectation.at(parentOf(path));
  if (parent === null) return ErrorNumber.noNode;
  if (!isAllowed(parent.acl, Permission.delete, identities)) return ErrorNumber.noAuth;
  const node = expectation.at(path);
  if (node === null) return ErrorNumber.noNode;
  if (version !== -1 && version !== node.version) return ErrorNumber.badVersion;
  if (node.numChildren > 0) return ErrorNumber.notEmpty;
  expectDeletion(expectation, path, zxid);
  return { type: OpCode.delete, path };
}

/** Null where the container is none, has children again, or has never had any. */
export function prepareDeleteContainer(
  expectation: Expectation,
  path: string,
  zxid: number,
): DeleteChange | null {
  const node = expectation.at(path);
  if (node === null || node.owner !== CONTAINER_OWNER) return null;
  if (node.numChildren > 0 || node.creates === 0) return null;
  expectDeletion(expectation, path, zxid);
  return { type: OpCode.deleteContainer, path };
}

export function prepareSetData(
  expectation: Expectation,
  { path, data, version }: SetDataRequest,
  { session, identities, zxid }: Asker,
): Decided<SetDataChange> {
  if (session.closing) return ErrorNumber.sessionExpired;
  if (pathProblem(path) !== null) return ErrorNumber.badArguments;
  const node = expectation.at(path);
  if (node === null) return ErrorNumber.noNode;
  if (!isAllowed(node.acl, Permission.write, identities)) return ErrorNumber.noAuth;
  if (version !== -1 && version !== node.version) return ErrorNumber.badVersion;
  const next = (node.version + 1) | 0;
  expectation.set(path, zxid, { ...factsOf(node), version: next });
  return { type: OpCode.setData, path, data, version: next };
}

export function prepareSetAcl(
  expectation: Expectation,
  { path, acl: askedAcl, version }: SetAclRequest,
  { session, identities, zxid }: Asker,
): Decided<SetAclChange> {
  if (session.closing) return ErrorNumber.sessionExpired;
  if (pathProblem(path) !== null) return ErrorNumber.badArguments;
  const acl = resolveAcl(askedAcl, identities);
  if (acl === null) return ErrorNumber.invalidAcl;
  const node = expectation.at(path);
  if (node === null) return ErrorNumber.noNode;
  if (!isAllowed(node.acl, Permission.admin, identities)) return ErrorNumber.noAuth;
  if (version !== -1 && version !== node.aversion) return ErrorNumber.badVersion;
  const next = (node.aversion + 1) | 0;
  expectation.set(path, zxid, { ...factsOf(node), aversion: next, acl });
  return { type: OpCode.setAcl, path, acl, version: next };
}

export function prepareCheck(
  expectation: Expectation,
  { path, version }: Versioned,
  { session, identities }: Asker,
): Decided<CheckChange> {
  if (session.closing) return ErrorNumber.sessionExpired;
  if (pathProblem(path) !== null) return ErrorNumber.badArguments;
  const node = expectation.at(path);
  if (node === null) return ErrorNumber.noNode;
  if (!isAllowed(node.acl, Permission.read, identities)) return ErrorNumber.noAuth;
  if (version !== -1 && version !== node.version) return ErrorNumber.badVersion;
  return { type: OpCode.check, path };
}

/** From now on a node is expected to be gone, by its path or with the session that owns it. */
export function expectDeletion(expectation: Expectation, path: string, zxid: number): void {
  const parentPath = parentOf(path);
  const parent = expectation.at(parentPath);
  if (parent !== null) {
    expectation.set(parentPath, zxid, {
      ...factsOf(parent),
      numChildren: parent.numChildren - 1,
    });
  }
  expectation.set(path, zxid, null);
}

function ownerOf(type: CreateChange["type"], flags: number, session: Session): bigint {
  if (type === OpCode.createContainer) return CONTAINER_OWNER;
  return EPHEMERAL.has(flags) ? session.id : NO_OWNER;
}

/** A copy of these fields alone: the node itself has more, and computes some. */
function factsOf({ version, creates, aversion, numChildren, owner, acl }: NodeFacts): NodeFacts {
  return { version, creates, aversion, numChildren, owner, acl };
}

function hasParent(path: string): boolean {
  return path.includes("/") && !path.includes("\0");
}

/** As Java's `%010d`: the sign takes one of the ten places. */
function sequence(count: number): string {
  return count < 0 ? `-${String(-count).padStart(9, "0")}` : String(count).padStart(10, "0");
}
