import * as z from "zod";
import { lazyObject } from "./lazy_object.ts";
import { Timestamp } from "./task.ts";

/** One value of the shared context, as stored under its percent-encoded key. */
export const ContextEntry = lazyObject(() => ({
  v: z.literal(1),
  key: z.string().min(1),
  value: z.string(),
  /** 1 for the first value ever; grows with every change, also across a deletion. */
  version: z.int().positive().default(1),
  updated_by: z.string().default(""),
  updated_by_name: z.string().default(""),
  updated_at: Timestamp,
  /** Drawn by the writer: recognises a change whose reply was lost. */
  nonce: z.string().default(""),
}));
/** A value with its key and version: what `ContextStore.get` gives. */
export type ContextEntry = z.infer<typeof ContextEntry>;
