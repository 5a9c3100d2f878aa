import type { Link, Role } from "./task.ts";

/** Who does which link, by role; the first is the one made for it. */
export const LINK_ROLES: Readonly<Record<Link, readonly Role[]>> = {
  plan: ["planner", "architect"],
  build: ["builder", "developer"],
  verify: ["verifier", "tester"],
  review: ["reviewer", "architect"],
  accept: ["accepter", "leader"],
};

/** Whether a role is made for a link. */
export function isMadeFor(role: Role, link: Link): boolean {
  return LINK_ROLES[link].includes(role);
}
