import * as z from "zod";
import { lazyObject } from "./lazy_object.ts";
import { Timestamp } from "./task.ts";

/** A pause of the whole team, as stored at `/pause`; one that has passed means nothing. */
export const FleetPause = lazyObject(() => ({
  v: z.literal(1),
  /** No run is started before this moment. */
  until: Timestamp,
  reason: z.string().default(""),
  by: z.string().default(""),
  by_name: z.string().default(""),
  set_at: Timestamp,
}));
/** A pause with every field set; whether it stands is for the reader's clock to say. */
export type FleetPause = z.infer<typeof FleetPause>;
