import * as z from "zod";
import { InstanceId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { Timestamp } from "./task.ts";

/** Who leads, as stored at `/leader`: an ephemeral node, so that it goes with its session. */
export const LeaderRecord = lazyObject(() => ({
  v: z.literal(1).default(1),
  instance_id: InstanceId,
  name: z.string().default(""),
  host: z.string().default(""),
  pid: z.int().nonnegative().nullable().default(null),
  version: z.string().default(""),
  /** Grows with each Leader; every write of a Leader checks that it is still the last one. */
  epoch: z.int().nonnegative().default(0),
  started_at: Timestamp,
  cache_dir: z.string().default(""),
  /** Names the try to take office that made the node, so that a try whose reply was lost is known. */
  nonce: z.string().default(""),
}));
/** Who leads, with every field set: what `Team.leaderRecord` gives. */
export type LeaderRecord = z.infer<typeof LeaderRecord>;

/**
 * What `/leader-epoch` holds beside its version, which is the epoch: who leads, or led last, and the
 * ids of those before, newest first, at most `MAX_FORMER`, each once and without that of the last.
 */
export const LeaderHistory = lazyObject(() => ({
  v: z.literal(1),
  instance_id: InstanceId.nullable().default(null),
  name: z.string().default(""),
  since: Timestamp.nullable().default(null),
  former: z.array(InstanceId).default([]),
}));
export type LeaderHistory = z.infer<typeof LeaderHistory>;

/** Former Leaders that are remembered: whoever leads also reads what was sent to them. */
export const MAX_FORMER = 5;
