import { MAX_REASON_BYTES } from "../domain/limits.ts";
import { truncateUtf8 } from "../domain/text.ts";
import type { Conflict } from "../git/conflicts.ts";
import type { MergeResult } from "../git/merge.ts";
import type { Integration } from "../leader/integration.ts";

/** Work that does not fit yet: why, and what its builder is told. */
export type Refused = Extract<Integration, { kind: "refused" }>;

/** What is in the way of a merge, and that it waits in the builder's work tree. */
export function conflicting(
  { conflicts, total }: Extract<MergeResult, { kind: "conflict" }>,
  base: string,
  branch: string,
): Refused {
  const gone = conflicts.flatMap((conflict) => goneText(conflict, base));
  return refused(
    `The work on ${branch} does not merge into "${base}": in conflict: ` +
      namesOf(conflicts.map(({ path }) => path), total),
    [
      `"${base}" was changed in the same places meanwhile. It has been merged into your work tree: the ` +
      "files below hold both sides between the marks <<<<<<<, ======= and >>>>>>>; HEAD is " +
      `"${base}", the other side is your own work. Edit them so that both changes hold and no mark ` +
      "is left; commit nothing yourself.",
      ...gone,
      conflicts.map(({ hunks }) => hunks).join("\n"),
    ],
  );
}

/** Nothing marks a file that one side removed. */
function goneText({ path, goneOn }: Conflict, base: string): string[] {
  if (goneOn === null) return [];
  const [by, other] = goneOn === "ours" ? [`"${base}"`, "you"] : ["you", `"${base}"`];
  return [
    `${JSON.stringify(path)} was removed by ${by} and changed by ${other}: keep it or remove it.`,
  ];
}

/** Files that a builder handed in with marks of a conflict. */
export function unresolved(paths: readonly string[], branch: string): Refused {
  const names = namesOf(paths, paths.length);
  return refused(`Marks of a conflict are left in the work on ${branch}: ${names}`, [
    `These files still hold marks of a conflict (<<<<<<<, =======, >>>>>>>): ${names}. Edit them so ` +
    "that both changes hold, and remove the marks.",
  ]);
}

/** What the check printed on the merged work. */
export function failing(output: string, base: string, branch: string): Refused {
  return refused(`The check fails on the work on ${branch} as merged into "${base}"`, [
    `Merged with "${base}", as your work tree now is, the project's check fails. Mend it. It printed:`,
    output,
  ]);
}

/** What the check printed in the directory where everybody works. */
export function failingIn(directory: string, output: string): Refused {
  return refused(`The check fails in "${directory}"`, [
    "The project's check fails on your work. Mend it. It printed:",
    output,
  ]);
}

function refused(reason: string, guidance: readonly string[]): Refused {
  return {
    kind: "refused",
    reason: truncateUtf8(reason, MAX_REASON_BYTES),
    guidance: truncateUtf8(guidance.join("\n\n"), MAX_REASON_BYTES),
  };
}

/** Files that a reason names. */
const MAX_NAMED = 10;

/** Names with what is odd in them escaped, and how many are left out. */
function namesOf(paths: readonly string[], total: number): string {
  const named = paths.slice(0, MAX_NAMED).map((path) => JSON.stringify(path)).join(", ");
  return total > MAX_NAMED ? `${named} and ${total - MAX_NAMED} more` : named;
}
