import { type InstanceId, serialOf, TaskId } from "./ids.ts";
import { BUCKET_SIZE } from "./limits.ts";
import { isHandedIn } from "./standing.ts";
import { Link, type Role, type Task } from "./task.ts";

/** A node below `/tasks`, as path segments. */
export type Entry = readonly string[];

/** Name of the bucket that an id lies in: eight digits, ascending with the id. */
export function bucketOf(id: TaskId): string {
  return String(Math.floor(serialOf(id) / BUCKET_SIZE)).padStart(8, "0");
}

/** The lane of tasks for one instance, for one role, or for anybody. */
export const LANE_ANY = "any";
export const laneOfInstance = (id: InstanceId): string => `to-${id}`;
export const laneOfRole = (role: Role): string => `role-${role}`;

/** The lane in which a task waits to be claimed: an assignee counts before a role. */
export function laneOf(task: Pick<Task, "assigned_to" | "role">): string {
  if (task.assigned_to !== null) return laneOfInstance(task.assigned_to);
  return task.role === null ? LANE_ANY : laneOfRole(task.role);
}

/**
 * Last segment of an entry in a ready lane: the id and, where the task has one, its link, so that
 * `claim --link` can pass over the others without reading them.
 */
export function readyName(task: Pick<Task, "id" | "link">): string {
  return task.link === null ? task.id : `${task.id}+${task.link}`;
}

/** What the last segment of an index entry says; null for a name that is not of an index. */
export function parseEntryName(name: string): { id: TaskId; link: Link | null } | null {
  const [id, link, ...rest] = name.split("+");
  const parsedId = TaskId.safeParse(id);
  if (!parsedId.success || rest.length > 0) return null;
  if (link === undefined) return { id: parsedId.data, link: null };
  const parsedLink = Link.safeParse(link);
  return parsedLink.success ? { id: parsedId.data, link: parsedLink.data } : null;
}

/**
 * The second in which a task is due, as the segments of its entry: day, hour, minute and second.
 * Rounded up, so that a name that has passed means a task that is due.
 */
export function dueSegments(ms: number): [day: string, hour: string, second: string] {
  const iso = new Date(Math.ceil(ms / 1000) * 1000).toISOString();
  return [iso.slice(0, 10), iso.slice(11, 13), iso.slice(14, 16) + iso.slice(17, 19)];
}

/**
 * The one index entry that says where a task is in its life, derived from its record alone. A task
 * changes its record and its entry in one transaction, so it is always in exactly one place.
 */
export function place(task: Task): Entry {
  const bucket = bucketOf(task.id);
  switch (task.status) {
    case "pending":
      if (task.waiting_on.length > 0) return ["waiting", bucket, task.id];
      if (!task.is_due && task.not_before !== null) {
        return ["later", ...dueSegments(Date.parse(task.not_before)), bucket, task.id];
      }
      return ["ready", laneOf(task), String(task.priority), bucket, readyName(task)];
    case "claimed":
    case "in_progress":
      return ["held", task.claim?.owner ?? "unknown", task.status, task.id];
    case "blocked":
    case "failed":
      return ["parked", task.status, bucket, task.id];
    case "completed":
    case "cancelled":
      return ["done", task.status, dayOf(task.completed_at ?? task.cancelled_at), bucket, task.id];
  }
}

/** The edge that tells `dependency` who waits for it. */
export function edge(dependency: TaskId, dependent: TaskId): Entry {
  return ["dependents", dependency, bucketOf(dependent), dependent];
}

/** Every index entry of a task: its place, its unmet dependencies, its chain, that it is to be judged. */
export function entries(task: Task): Entry[] {
  const edges = task.status === "pending"
    ? task.waiting_on.map((dependency) => edge(dependency, task.id))
    : [];
  const chain = task.chain_id === null
    ? []
    : [["chains", task.chain_id, bucketOf(task.id), task.id]];
  const awaiting = isHandedIn(task) ? [["awaiting", bucketOf(task.id), task.id]] : [];
  return [place(task), ...edges, ...chain, ...awaiting];
}

/** What a step changes in the index. */
export function entriesChanged(
  before: Task,
  after: Task,
): { removed: string[]; added: string[] } {
  const old = entries(before).map((entry) => entry.join("/"));
  const now = entries(after).map((entry) => entry.join("/"));
  return {
    removed: old.filter((entry) => !now.includes(entry)),
    added: now.filter((entry) => !old.includes(entry)),
  };
}

function dayOf(time: string | null): string {
  return time === null ? "0000-00-00" : new Date(time).toISOString().slice(0, 10);
}
