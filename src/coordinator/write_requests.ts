import { multiRequest, type MultiRequestPart } from "../zookeeper/protocol/multi.ts";
import { CreateFlag, OpCode } from "../zookeeper/protocol/opcodes.ts";
import { MalformedRecordError, type Reader } from "../zookeeper/protocol/reader.ts";
import {
  createRequest,
  setAclRequest,
  setDataRequest,
  versionedRequest,
} from "../zookeeper/protocol/requests.ts";
import { ErrorNumber } from "./error_number.ts";
import type { Expectation } from "./expectation.ts";
import {
  type Asker,
  prepareCheck,
  prepareCreate,
  prepareDelete,
  prepareSetAcl,
  prepareSetData,
} from "./preparation.ts";
import type { Change, ErrorChange, MultiChange } from "./transaction.ts";

const WRITES: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTtl,
  OpCode.delete,
  OpCode.setData,
  OpCode.setAcl,
  OpCode.check,
  OpCode.multi,
  OpCode.reconfig,
]);

/** Whether a request takes a zxid, be it carried out or refused. */
export function isWrite(type: number): boolean {
  return WRITES.has(type);
}

/**
 * Reads a request that writes, and decides it. A request that cannot be read is a marshalling error,
 * as in `PrepRequestProcessor.pRequestHelper`.
 */
export function prepareWrite(
  type: number,
  reader: Reader,
  expectation: Expectation,
  asker: Asker,
): Change | MultiChange {
  try {
    return type === OpCode.multi
      ? prepareMulti(expectation, multiRequest.read(reader), asker)
      : orError(prepareOne(type, reader, expectation, asker));
  } catch (error) {
    if (!(error instanceof MalformedRecordError)) throw error;
    return orError(ErrorNumber.marshallingError);
  }
}

function prepareOne(
  type: number,
  reader: Reader,
  expectation: Expectation,
  asker: Asker,
): Change | number {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      return prepareCreate(expectation, type, createRequest.read(reader), asker);
    case OpCode.delete:
      return prepareDelete(expectation, versionedRequest.read(reader), asker);
    case OpCode.setData:
      return prepareSetData(expectation, setDataRequest.read(reader), asker);
    case OpCode.setAcl:
      return prepareSetAcl(expectation, setAclRequest.read(reader), asker);
    case OpCode.check:
      return prepareCheck(expectation, versionedRequest.read(reader), asker);
    case OpCode.reconfig: // There are no other members.
      return ErrorNumber.reconfigDisabled;
    default: // Nodes with a time to live.
      return ErrorNumber.unimplemented;
  }
}

/** All of it, or the errors: 0 for what came before the one that failed, -2 for what came after. */
function prepareMulti(
  expectation: Expectation,
  parts: readonly MultiRequestPart[],
  asker: Asker,
): MultiChange | ErrorChange {
  if (parts.some(({ type }) => type === OpCode.getData || type === OpCode.getChildren)) {
    return orError(ErrorNumber.marshallingError);
  }
  const changes: Change[] = [];
  expectation.begin();
  for (const part of parts) {
    const change = preparePart(expectation, part, asker);
    if (typeof change === "number") {
      expectation.undo();
      return { type: OpCode.multi, parts: failures(parts.length, changes.length, change) };
    }
    changes.push(change);
  }
  expectation.keep();
  return { type: OpCode.multi, parts: changes };
}

function preparePart(
  expectation: Expectation,
  part: MultiRequestPart,
  asker: Asker,
): Change | number {
  switch (part.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTtl:
      return prepareCreate(expectation, typeOf(part.flags), part, asker);
    case OpCode.delete:
      return prepareDelete(expectation, part, asker);
    case OpCode.setData:
      return prepareSetData(expectation, part, asker);
    case OpCode.check:
      return prepareCheck(expectation, part, asker);
    default:
      return ErrorNumber.unimplemented;
  }
}

/** In a `multi` the mode alone says what is created, and so which answer there is (`Op.Create`). */
function typeOf(flags: number): typeof OpCode.create | typeof OpCode.createContainer {
  return flags === CreateFlag.container ? OpCode.createContainer : OpCode.create;
}

function failures(count: number, failed: number, error: number): ErrorChange[] {
  return Array.from({ length: count }, (_, index) => {
    if (index === failed) return orError(error);
    return orError(index < failed ? ErrorNumber.ok : ErrorNumber.runtimeInconsistency);
  });
}

function orError(error: number): ErrorChange;
function orError(change: Change | number): Change;
function orError(change: Change | number): Change {
  return typeof change === "number" ? { type: OpCode.error, error: change } : change;
}
