import { type Check, ok, warn } from "./check.ts";

/** A node, and what is wrong with it. */
export interface TreeProblem {
  readonly path: string;
  readonly problem: string;
}

/** What reading the whole tree came to; null findings where there are too many tasks to read. */
export type TreeFacts =
  | { readonly tasks: number; readonly audited: false }
  | {
    readonly tasks: number;
    readonly audited: true;
    /** Index entries that do not fit their records. */
    readonly findings: readonly TreeProblem[];
    /** Records of tasks that do not parse, and entries set aside because of such a record. */
    readonly corrupt: readonly TreeProblem[];
  };

/** Problems that are named; the others are counted. */
const NAMED = 3;

/** Whether the records of all tasks parse, and the index fits them. */
export function checkTree(facts: TreeFacts): Check[] {
  if (!facts.audited) {
    return [ok("tasks", `${facts.tasks} tasks, not audited; "doctor --audit" reads them all`)];
  }
  const { tasks, findings, corrupt } = facts;
  return [
    findings.length === 0
      ? ok("tasks", `Every index entry fits its record, of ${tasks} tasks`)
      : warn(
        "tasks",
        `Index entries that do not fit: ${named(findings)}`,
        "The next step of such a task sets its entries right; delete a foreign node with zkCli.sh",
      ),
    corrupt.length === 0
      ? ok("records", "Every task's record parses, and no entry is set aside")
      : warn(
        "records",
        `Records that do not parse, and entries set aside for them: ${named(corrupt)}`,
        "Look at each with zkCli.sh: write it anew, or delete it where nothing uses it",
      ),
  ];
}

function named(problems: readonly TreeProblem[]): string {
  const first = problems.slice(0, NAMED).map(({ path, problem }) => `${path} (${problem})`);
  const more = problems.length - first.length;
  return `${first.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
