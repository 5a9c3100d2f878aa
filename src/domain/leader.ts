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
}));
export type LeaderRecord = z.infer<typeof LeaderRecord>;
