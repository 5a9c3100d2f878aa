import type { Link } from "./task.ts";

/** What is reported on: a link of a chain, a task without one, or a message. */
export type ReportKind = Link | "task" | "message";

/** How a run ended, in the agent's own words; the Worker judges the run itself. */
export type ReportStatus = "done" | "blocked" | "failed";

/** What the link found of the work before it. */
export type Verdict = "pass" | "feedback" | "reject";

const COMMON = ["link", "status", "summary"] as const;

/** Fields of each report, in the order in which its template asks for them. */
export const REPORT_FIELDS = {
  plan: [...COMMON, "requirements", "build_steps", "open_questions"],
  build: [...COMMON, "requirements", "deviations", "evidence"],
  verify: [...COMMON, "verdict", "passed", "gaps", "failures", "evidence"],
  review: [...COMMON, "verdict", "findings", "redo"],
  accept: [...COMMON, "verdict", "criteria_passed", "criteria_failed", "redo"],
  task: ["status", "summary", "evidence"],
  message: ["status", "summary"],
} as const satisfies Record<ReportKind, readonly string[]>;

/** A report as read from what an agent said last. */
export interface Report {
  readonly kind: ReportKind;
  /** null where the agent did not say, or said something else. */
  readonly status: ReportStatus | null;
  /** null for links that judge nothing, and where the agent did not say. */
  readonly verdict: Verdict | null;
  /** Link to be done again, where the agent names one. */
  readonly redo: Link | null;
  /** Values by field; only those that were found. */
  readonly fields: Readonly<Record<string, string>>;
  /** Fields that the template asks for and the text lacks. */
  readonly missing: readonly string[];
}

const STATUSES: ReadonlyMap<string, ReportStatus> = new Map(Object.entries<ReportStatus>({
  done: "done",
  complete: "done",
  completed: "done",
  success: "done",
  blocked: "blocked",
  failed: "failed",
  failure: "failed",
}));

const VERDICTS: ReadonlyMap<string, Verdict> = new Map(Object.entries<Verdict>({
  pass: "pass",
  passed: "pass",
  go: "pass",
  gap: "feedback",
  gaps: "feedback",
  feedback: "feedback",
  concern: "feedback",
  failure: "reject",
  fail: "reject",
  failed: "reject",
  reject: "reject",
  rejected: "reject",
  "no-go": "reject",
}));

const LINKS: readonly Link[] = ["plan", "build", "verify", "review", "accept"];

/** `- **Build Steps:** x`, `### Status: x`, also with a wide colon: the name, and what follows it. */
const FIELD_LINE =
  /^[ \t]*(?:[-*+>#]+[ \t]+)*[*_`]{0,3}([A-Za-z][A-Za-z _-]{0,30}?)[*_`]{0,3}[ \t]*[:\uff1a][*_`]{0,3}(.*)$/;

function fieldName(text: string): string {
  return text.trim().toLowerCase().replace(/[ -]+/g, "_");
}

/** A value without the marks that Markdown puts around it. */
function plain(text: string): string {
  return text.trim().replace(/^([*_`]{1,3})(.*)\1$/s, "$2").trim();
}

/** The first word, in lower case: `PASS (3 of 3)` is `pass`. */
function firstWord(text: string | undefined): string {
  return /^[^A-Za-z]*([A-Za-z-]+)/.exec(text ?? "")?.[1]?.toLowerCase() ?? "";
}

/**
 * Values of the known fields. A value goes on over the lines that follow it, up to the next known
 * field or the end of a fenced block; of a field that stands there twice, the last one counts.
 */
function readFields(text: string, known: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  let current: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(```|~~~)/.test(line)) {
      current = null;
      continue;
    }
    const match = FIELD_LINE.exec(line);
    const name = fieldName(match?.[1] ?? "");
    if (match !== null && known.includes(name)) {
      current = name;
      fields[name] = plain(match[2] ?? "");
    } else if (current !== null) {
      fields[current] = `${fields[current] ?? ""}\n${line.trimEnd()}`;
    }
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, plain(value)]).filter(([, value]) =>
      value
    ),
  );
}

/**
 * Reads the report at the end of an agent's answer. Nothing in it is required: a field that is not
 * there is listed as missing, a status or verdict that cannot be understood is null, and the caller
 * decides what that means.
 */
export function parseReport(kind: ReportKind, text: string): Report {
  const known: readonly string[] = REPORT_FIELDS[kind];
  const fields = readFields(text, known);
  const redo = firstWord(fields["redo"]);
  return {
    kind,
    status: STATUSES.get(firstWord(fields["status"])) ?? null,
    verdict: VERDICTS.get(firstWord(fields["verdict"])) ?? null,
    redo: LINKS.find((link) => link === redo) ?? null,
    fields,
    missing: known.filter((name) => fields[name] === undefined),
  };
}

/** How a field is written in a template and in a report: `build_steps` is `Build Steps`. */
export function fieldTitle(name: string): string {
  return name.split("_").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join(" ");
}
