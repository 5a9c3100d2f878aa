/** Options of commands that list things. */

/** How many are printed at most. */
export const LIMIT = {
  type: "integer",
  min: 1,
  max: 100_000,
  placeholder: "n",
  help: "At most so many",
  default: "all",
} as const;

/** The id after which a page begins. */
export function cursorOf<Kind extends "task" | "chain" | "requirement">(kind: Kind) {
  return {
    type: "text",
    placeholder: "id",
    completes: kind,
    help: `Only ${kind}s after this one`,
  } as const;
}
