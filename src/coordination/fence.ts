import { OrchestratorError } from "../domain/errors.ts";
import type { Op } from "../zookeeper/zookeeper.ts";

/** A node that must have this very version for a transaction to count: `/leader-epoch` at a term's. */
export interface Fence {
  /** Full path. */
  readonly path: string;
  /** The version that it must have: the epoch of the term. */
  readonly version: number;
}

/** The operation that a fenced transaction begins with. */
export function fenceCheck({ path, version }: Fence): Extract<Op, { type: "check" }> {
  return { type: "check", path, version };
}

/** The refusal of a write by somebody who no longer leads. Nothing of it was carried out. */
export function deposed({ path, version }: Fence): OrchestratorError {
  return new OrchestratorError("DEPOSED", `Cannot write as Leader: term ${version} is over`, {
    hint: "Another one leads, and goes on",
    details: { path, epoch: version },
  });
}
