import type { ListedMember } from "../coordination/registry.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { Terms } from "../domain/judging.ts";
import { isMadeFor } from "../domain/link_roles.ts";
import { DEFAULT_ROLE } from "../domain/member.ts";
import type { Link, Role, Task } from "../domain/task.ts";
import type { Allowance } from "./treasury.ts";

/**
 * Who may take a link: the member that was named, else those of a role made for it (the role of one that
 * is idle, if there is one), else whoever is idle.
 */
export function termsFor(
  link: Link,
  workers: readonly ListedMember[],
  assignee: InstanceId | null,
  allowance: Allowance,
): Terms {
  const named = workers.find(({ id }) => id === assignee);
  return {
    ...allowance,
    assignee: named === undefined ? null : { id: named.id, name: named.name },
    role: named === undefined ? roleFor(link, workers) : null,
  };
}

function roleFor(link: Link, workers: readonly ListedMember[]): Role | null {
  const fit = workers.filter(({ role }) => isMadeFor(role, link));
  return (fit.find(({ status }) => status === "idle") ?? fit[0])?.role ?? null;
}

/** How long a link has been there to be taken, and for whom it is opened then. */
export interface Waiting {
  readonly task: Task;
  /** ms. */
  readonly waitedMs: number;
  readonly openToAllMs: number;
}

/**
 * Other terms for a link that nobody takes, and why: its assignee, or everybody of its role, is gone; or
 * none of those it is for has taken it for long, and somebody else is idle (an assignee at work is
 * waited for). null where it stays as it is.
 */
export function reassignment(
  { task, waitedMs, openToAllMs }: Waiting,
  workers: readonly ListedMember[],
): { readonly terms: Terms; readonly reason: string } | null {
  const { link, assigned_to, role, budget_usd, budget_tokens } = task;
  if (link === null || workers.length === 0) return null;
  const allowance = { budget_usd, budget_tokens };
  const toAll = { ...allowance, assignee: null, role: null };
  const isLate = waitedMs >= openToAllMs;
  const seconds = Math.round(waitedMs / 1000);
  if (assigned_to !== null) {
    const named = task.assigned_to_name ?? assigned_to;
    const assignee = workers.find(({ id }) => id === assigned_to);
    if (assignee === undefined) {
      const others = termsFor(link, workers, null, allowance);
      return { terms: others, reason: `${named} is gone` };
    }
    if (!isLate || assignee.status === "busy" || workers.length === 1) return null;
    return { terms: toAll, reason: `${named} has not taken it for ${seconds} s` };
  }
  if (role === null) return null;
  const takers = workers.filter((worker) => worker.role === role || worker.role === DEFAULT_ROLE);
  if (takers.length === 0) {
    return { terms: termsFor(link, workers, null, allowance), reason: `Every ${role} is gone` };
  }
  const isStuck = isLate &&
    workers.some((worker) => worker.status === "idle" && !takers.includes(worker));
  if (!isStuck) return null;
  return { terms: toAll, reason: `No ${role} has taken it for ${seconds} s` };
}
