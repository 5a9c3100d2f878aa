import { MultiError, ZooKeeperError } from "./errors.ts";
import { type Chroot } from "./paths.ts";
import { serverError } from "./protocol/error_codes.ts";
import { MalformedRecordError } from "./protocol/reader.ts";
import type { MultiReplyPart, MultiRequestPart } from "./protocol/multi.ts";
import { CreateFlag, OpCode } from "./protocol/opcodes.ts";
import type { Acl, CreateOptions, Op, OpResult, ReadOp, ReadResult } from "./zookeeper.ts";

/** Open to everybody (`ZooDefs.Ids.OPEN_ACL_UNSAFE`). */
export const OPEN_ACL: readonly Acl[] = [{ permissions: 31, scheme: "world", id: "anyone" }];

/** What a client adds to the operations of its user. */
export interface Defaults {
  readonly chroot: Chroot;
  readonly acl: readonly Acl[];
}

type CreatePart = Extract<MultiRequestPart, { readonly flags: number }>;

/** A create as the server takes it. Throws `ZooKeeperError` INVALID_PATH or BAD_ARGUMENTS. */
export function createPart(
  path: string,
  data: Uint8Array | undefined,
  options: CreateOptions,
  { chroot, acl }: Defaults,
): CreatePart {
  const mode = options.mode ?? "persistent";
  const isSequential = mode.includes("sequential");
  const fields = {
    path: chroot.toServer(path, isSequential),
    data: data ?? new Uint8Array(0),
    acl: options.acl ?? acl,
    flags: CreateFlag[mode],
  };
  const { ttlMs } = options;
  if (mode.endsWith("_ttl") !== (ttlMs !== undefined) || (ttlMs !== undefined && !(ttlMs >= 1))) {
    const message = `Cannot create "${path}": ttlMs must be given for TTL modes, and for no other`;
    throw new ZooKeeperError("BAD_ARGUMENTS", message, { outcome: "not_sent", path });
  }
  if (ttlMs !== undefined) return { type: OpCode.createTtl, ...fields, ttlMs };
  return { type: mode === "container" ? OpCode.createContainer : OpCode.create2, ...fields };
}

/** An operation of a `multi`. Throws as `createPart`. */
export function requestPart(op: Op, defaults: Defaults): MultiRequestPart {
  if (op.type === "create") return createPart(op.path, op.data, op, defaults);
  const path = defaults.chroot.toServer(op.path);
  const version = op.version ?? -1;
  switch (op.type) {
    case "delete":
      return { type: OpCode.delete, path, version };
    case "set":
      return { type: OpCode.setData, path, data: op.data, version };
    case "check":
      return { type: OpCode.check, path, version };
  }
}

/** Results of a `multi`. Throws `MultiError`. */
export function opResults(
  parts: readonly MultiReplyPart[],
  ops: readonly Op[],
  chroot: Chroot,
): OpResult[] {
  throwIfFailed(parts, ops);
  return parts.map((part): OpResult => {
    switch (part.type) {
      case OpCode.create:
        return { type: "create", path: chroot.toClient(part.path), stat: null };
      case OpCode.create2:
        return { type: "create", path: chroot.toClient(part.path), stat: part.stat };
      case OpCode.setData:
        return { type: "set", stat: part.stat };
      case OpCode.delete:
        return { type: "delete" };
      case OpCode.check:
        return { type: "check" };
      default:
        throw new MalformedRecordError(`Result of type ${part.type} in a transaction`);
    }
  });
}

function throwIfFailed(parts: readonly MultiReplyPart[], ops: readonly Op[]): void {
  const index = parts.findIndex((part) => part.type === OpCode.error && part.error !== 0);
  const part = parts[index];
  if (part?.type !== OpCode.error) return;
  throw new MultiError(serverError(part.error).code, index, ops[index]?.path);
}

/** A read of a `multiRead`. Throws `ZooKeeperError` INVALID_PATH. */
export function readPart(op: ReadOp, chroot: Chroot): MultiRequestPart {
  const path = chroot.toServer(op.path);
  return { type: op.type === "getData" ? OpCode.getData : OpCode.getChildren, path };
}

/** Results of a `multiRead`. */
export function readResults(parts: readonly MultiReplyPart[]): ReadResult[] {
  return parts.map((part): ReadResult => {
    switch (part.type) {
      case OpCode.getData:
        return { type: "getData", data: part.data, stat: part.stat };
      case OpCode.getChildren:
        return { type: "getChildren", children: part.children };
      case OpCode.error:
        return { type: "error", code: serverError(part.error).code };
      default:
        throw new MalformedRecordError(`Result of type ${part.type} in a group of reads`);
    }
  });
}
