import * as z from "zod";
import { OrchestratorError } from "../domain/errors.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { encodePayload } from "./payload.ts";
import type { Tree } from "./tree.ts";

const SerialCounter = z.object({ v: z.literal(1), next: z.int().positive() });

/** A counter as read. Whoever takes numbers commits `take(…)` with what is made of them. */
export interface Serials {
  readonly path: string;
  /** The first number that nobody has. */
  readonly next: number;
  /** Version of the counter's node; null while nobody has taken a number. */
  readonly version: number | null;
}

/** Reads `/counters/{name}`. Throws CORRUPT_DATA. */
export async function readSerials(tree: Tree, name: string): Promise<Serials> {
  const path = tree.path("counters", name);
  const read = await tree.read(path, SerialCounter);
  if (read.kind === "missing") return { path, next: 1, version: null };
  if (read.kind === "found") return { path, next: read.value.next, version: read.stat.version };
  throw new OrchestratorError("CORRUPT_DATA", `Cannot read "${path}": ${read.problem}`, {
    hint: `Set it to {"v":1,"next":n}, n one more than the largest number in use`,
    details: { path },
  });
}

/** The operation that takes `count` numbers from `serials.next` on, unless somebody did before. */
export function takeSerials(serials: Serials, count: number): Op {
  const { path, next, version } = serials;
  const data = encodePayload({ v: 1, next: next + count });
  return version === null ? { type: "create", path, data } : { type: "set", path, data, version };
}
