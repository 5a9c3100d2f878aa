import type { Role } from "../domain/task.ts";

/** Roles in the order in which a growing crew gets them: first those whose eyes are to differ. */
const ORDER: readonly Role[] = ["builder", "verifier", "reviewer", "planner", "accepter"];

/** One Worker of a crew: its name is also that of its log and of its worktree. */
export interface Post {
  readonly name: string;
  readonly role: Role;
}

/**
 * Names and roles of `count` Workers. A single one does everything; more are spread over the links, and
 * a link that nobody is made for goes to whoever is idle. `roles`, where given, are dealt in their order.
 */
export function postsFor(count: number, roles: readonly Role[] = []): Post[] {
  const dealt = roles.length > 0 ? roles : count === 1 ? ["general"] : ORDER;
  const taken = new Map<Role, number>();
  return Array.from({ length: count }, (_, at) => {
    const role = dealt[at % dealt.length] ?? "general";
    const number = (taken.get(role) ?? 0) + 1;
    taken.set(role, number);
    const name = role === "general" ? "worker" : role;
    return { name: number === 1 ? name : `${name}-${number}`, role };
  });
}
