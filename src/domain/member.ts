import * as z from "zod";
import { InstanceId, TaskId } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { Role, Timestamp } from "./task.ts";

/** What a member says of itself: `busy` while it works on something. */
export const MemberStatus = z.enum(["idle", "busy"]);
/** `idle` or `busy`. */
export type MemberStatus = z.infer<typeof MemberStatus>;

/**
 * One member of the team, as stored under `/instances/{id}`. An attached member's node is ephemeral
 * and lives with its session; a leased member's is persistent and renewed by each command it makes.
 */
export const Member = lazyObject(() => ({
  v: z.literal(1),
  id: InstanceId,
  name: z.string().min(1).max(128),
  role: Role,
  kind: z.enum(["attached", "leased"]),
  status: MemberStatus.default("idle"),
  current_task_id: TaskId.nullable().default(null),
  /** Free text where the work is not a task (a message, a person's own words). */
  current_work: z.string().nullable().default(null),
  connected_since: Timestamp,
  work_dir: z.string().nullable().default(null),
  host: z.string().default(""),
  pid: z.int().nonnegative().nullable().default(null),
  version: z.string().default(""),
  capacity: z.int().positive().default(1),
  /** ms; null for attached members. The lease ends this long after the node's last change. */
  lease_ms: z.int().positive().nullable().default(null),
  /** By the server's clock at the last renewal plus `lease_ms`; for people, judged by `lease_ms`. */
  lease_expires_at: Timestamp.nullable().default(null),
  /** Drawn at each start of a member: tells what it left in an old session from somebody else's. */
  nonce: z.string().default(""),
}));
/** A member with every field set: what `Member.parse` gives for a record. */
export type Member = z.infer<typeof Member>;

/** Who is acting: a member, or somebody without an identity (`id` ""). */
export type Actor = Readonly<{ id: InstanceId | ""; name: string }>;

/** An actor without an identity, such as a person who pushes a task. */
export const NOBODY: Actor = { id: "", name: "" };

/** Role of a member that names none: takes whatever is there. */
export const DEFAULT_ROLE: Role = "general";
