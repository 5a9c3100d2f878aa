import * as z from "zod";
import { Timestamp } from "./task.ts";

/** One value of the shared context, as stored under its percent-encoded key. */
export const ContextEntry = z.object({
  v: z.literal(1),
  key: z.string().min(1),
  value: z.string(),
  updated_by: z.string().default(""),
  updated_by_name: z.string().default(""),
  updated_at: Timestamp,
});
export type ContextEntry = z.infer<typeof ContextEntry>;
