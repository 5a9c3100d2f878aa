import type { Decision } from "../domain/decision.ts";
import type { ChainPlan, Decomposition, LinkPlan } from "../domain/decomposition.ts";
import { parseReport, type Report } from "../domain/report.ts";
import { terminalLine } from "../domain/terminal_text.ts";
import { truncateUtf8 } from "../domain/text.ts";
import { choose } from "./chance.ts";
import type { Mishap } from "./part.ts";
import { requirementsOf } from "./requirements.ts";
import type { Scene } from "./scene.ts";

/** Characters from which on a requirement is given a plan first. */
const LONG = 400;
/** Bytes of a requirement that each link is told. */
const MAX_TOLD_BYTES = 8 * 1024;

/** One chain made of a requirement; with a plan only where the requirement is long. */
export function decomposition({ text }: Scene): Decomposition {
  const [first, ...rest] = requirementsOf(text);
  const isLong = text.length > LONG || rest.length > 3;
  const title = terminalLine(first, 80);
  const told = truncateUtf8(text, MAX_TOLD_BYTES).trim() || first;
  const link = (verb: string, criteria: string): LinkPlan => ({
    title: `${verb}: ${title}`,
    description: told,
    criteria,
  });
  const chain: ChainPlan = {
    title,
    priority: 1,
    after: [],
    links: {
      plan: isLong ? link("Plan", "Every requirement has a number and a check") : null,
      build: link("Build", "The file of the rehearsal holds every requirement"),
      verify: link("Verify", "Each requirement was looked for in that file"),
      review: link("Review", "Nothing was built that was not asked for"),
      accept: link("Accept", "The requirement is met"),
    },
  };
  return { chains: [chain] };
}

/**
 * What follows from a report: it passes if it says so itself, is sent back as it asks for, and a link that
 * is blocked has everybody asked. A mishap of the decision itself comes before all that.
 */
export function decision({ text }: Scene, mishap: Mishap | null): Decision {
  // Of all reports that of a review has every field that matters here.
  const report = parseReport("review", text);
  const state = /^State: (\w+)/.exec(text)?.[1] ?? "completed";
  const summary = terminalLine(report.fields["summary"] ?? "", 200);
  if (mishap === "feedback" || mishap === "reject") {
    return sentBack(mishap, "Rehearsed: the Leader wants it better", null);
  }
  if (state === "blocked") {
    const question = terminalLine(/^Reason: (.*)$/m.exec(text)?.[1] ?? summary, 200);
    return {
      ...sentBack("feedback", "The link waits for an answer", null),
      guidance: question === "" ? "What is to be done?" : question,
      next_action: "ask_for_help",
    };
  }
  if (state !== "completed") return sentBack("feedback", `The link is ${state}`, null);
  return fromVerdict(report, summary);
}

function fromVerdict({ verdict, redo }: Report, summary: string): Decision {
  if (verdict === "feedback" || verdict === "reject") {
    return sentBack(verdict, summary === "" ? `Its verdict is ${verdict}` : summary, redo);
  }
  return {
    decision: "pass",
    reason: summary === "" ? "The report is there" : summary,
    guidance: "",
    redo_link: null,
    next_action: "none",
    assignee: null,
  };
}

function sentBack(
  kind: "feedback" | "reject",
  reason: string,
  redo: Decision["redo_link"],
): Decision {
  return {
    decision: kind,
    reason,
    guidance: `Once more, with what was found: ${reason}`,
    redo_link: kind === "reject" ? redo : null,
    next_action: "none",
    assignee: null,
  };
}

/** An answer that cannot be used: no JSON, JSON that breaks off, or JSON of another shape. */
export function uselessAnswer(seed: number, { subject, nth }: Scene): string {
  return choose(seed, `${subject} ${nth}`, [
    "I would rather say it in my own words: all is well.",
    '{"chains": [{"title": "It breaks off he',
    '{"answer": 42}',
  ]);
}
