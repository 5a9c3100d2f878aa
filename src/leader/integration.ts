import type { Chain } from "../domain/chain.ts";
import { type Course, outOfRounds } from "../domain/ruling.ts";
import type { Task } from "../domain/task.ts";

/** What came of taking the work of an accepted chain to where it belongs. */
export type Integration =
  /** It is there; `commit` names it, null where nothing was changed. */
  | { readonly kind: "integrated"; readonly commit: string | null }
  /** It does not fit, or what checks it failed: `guidance` says what is to be done about it. */
  | { readonly kind: "refused"; readonly reason: string; readonly guidance: string };

/**
 * Takes the work of a chain that was accepted to where it belongs, before the chain is closed. It may
 * be called again for the same work, after a crash or a change of Leaders, and then finds it there.
 */
export type Integrate = (
  chain: Chain,
  tasks: readonly Task[],
  signal: AbortSignal,
) => Promise<Integration>;

/** The course of an accepted chain whose work was integrated, or sent back, as long as it may be. */
export function courseAfter(
  integration: Integration,
  course: Extract<Course, { kind: "close" }>,
  chain: Chain,
): Course {
  if (integration.kind === "integrated") return course;
  const { reason, guidance } = integration;
  const links = chain.links.map(({ link }) => link);
  const link = links.includes("build") ? "build" : links[0] ?? chain.at;
  return outOfRounds(chain, reason) ?? { kind: "redo", decision: "reject", link, reason, guidance };
}
