import { fieldTitle, REPORT_FIELDS, type ReportKind } from "../domain/report.ts";
import type { Mishap } from "./part.ts";
import { numbered, requirementsOf } from "./requirements.ts";
import type { Scene } from "./scene.ts";

/** What a link's run looks back on. */
export interface Seen {
  /** File that it wrote, from the work directory; null: none. */
  readonly wrote: string | null;
  /** Names of what rehearsals wrote where it works. */
  readonly found: readonly string[];
}

/** The answer that ends a link, a task or a message: a few words, then its report. */
export function linkAnswer(
  kind: ReportKind,
  scene: Scene,
  mishap: Mishap | null,
  seen: Seen,
): string {
  const values: Readonly<Record<string, string>> = {
    link: kind,
    status: statusOf(mishap),
    summary: summaryOf(kind, mishap),
    ...fieldsOf(kind, scene, mishap, seen),
  };
  const report = REPORT_FIELDS[kind].map((field) =>
    `${fieldTitle(field)}: ${values[field] ?? "none"}`
  );
  return [...introduction(kind, scene), "", ...report, ""].join("\n");
}

function introduction(kind: ReportKind, scene: Scene): string[] {
  if (kind !== "plan") return ["This is a rehearsal: no model was asked."];
  const requirements = requirementsOf(scene.text).map((it, at) => `R${at + 1}. ${it}`);
  return ["A blueprint, as a rehearsal makes it:", "", ...requirements];
}

function statusOf(mishap: Mishap | null): string {
  return mishap === "blocked" || mishap === "failed" ? mishap : "done";
}

function summaryOf(kind: ReportKind, mishap: Mishap | null): string {
  if (mishap === "blocked") return "A rehearsed question: which of the two ways is meant?";
  if (mishap === "failed") return "A rehearsed failure: it could not be made to work";
  if (mishap === "feedback") return "Rehearsed: one point is not shown";
  if (mishap === "reject") return "Rehearsed: what was built has to be done again";
  return kind === "message" ? "Read, in a rehearsal" : `The ${kind} link was rehearsed`;
}

function fieldsOf(
  kind: ReportKind,
  scene: Scene,
  mishap: Mishap | null,
  { wrote, found }: Seen,
): Readonly<Record<string, string>> {
  const requirements = requirementsOf(scene.text);
  const looked = found.length === 0
    ? "looked for what rehearsals wrote: nothing is here"
    : `listed rehearsal: ${found.join(", ")}`;
  const isSentBack = mishap === "feedback" || mishap === "reject";
  switch (kind) {
    case "plan":
      return {
        requirements: requirements.map((it, at) => `R${at + 1} ${it}`).join("; "),
        build_steps: "1. Write the file of the rehearsal, for all of them",
      };
    case "build":
      return {
        requirements: numbered(requirements, `done (${wrote ?? "no file"})`),
        evidence: `wrote ${wrote ?? "nothing"}; ${looked}`,
      };
    case "verify":
      return {
        verdict: isSentBack ? mishap === "reject" ? "failure" : "gap" : "pass",
        passed: isSentBack ? "none" : numbered(requirements, "").replaceAll(" ;", ";").trim(),
        gaps: mishap === "feedback" ? "R1: it was not shown" : "none",
        failures: mishap === "reject" ? "R1: it does not hold" : "none",
        evidence: looked,
      };
    case "review":
      return {
        verdict: isSentBack ? mishap : "pass",
        findings: isSentBack ? "R1: rehearsed, mend it" : "none",
        redo: mishap === "reject" ? "build" : "none",
      };
    case "accept":
      return {
        // The template knows go and no-go only; "feedback" is read all the same.
        verdict: mishap === "reject" ? "no-go" : mishap === "feedback" ? "feedback" : "go",
        criteria_passed: isSentBack ? "none" : `all, ${looked}`,
        criteria_failed: isSentBack ? "R1: rehearsed" : "none",
        redo: mishap === "reject" ? "build" : "none",
      };
    case "task":
      return { evidence: `wrote ${wrote ?? "nothing"}` };
    case "message":
      return {};
  }
}
