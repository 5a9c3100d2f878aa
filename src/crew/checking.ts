import type { Integrate } from "../leader/integration.ts";
import type { CheckMerged } from "./merging.ts";
import { failingIn } from "./refusals.ts";

/**
 * Looks at the work of accepted chains where it was done, in the one directory of a project outside of
 * git. What fails goes back to the builder.
 */
export function checkingIn(directory: string, check: CheckMerged): Integrate {
  return async (_chain, _tasks, signal) => {
    const { passed, output } = await check(directory, signal);
    return passed ? { kind: "integrated", commit: null } : failingIn(directory, output);
  };
}
