import { type Chain, isClosed } from "./chain.ts";
import type { Decision } from "./decision.ts";
import type { InstanceId } from "./ids.ts";
import { MAX_REASON_BYTES } from "./limits.ts";
import type { Verdict } from "./report.ts";
import type { Link, Task } from "./task.ts";
import { truncateUtf8 } from "./text.ts";

/** What becomes of a chain after one of its reports was judged. */
export type Course =
  /** The judged link is passed, and the next one may begin. */
  | { readonly kind: "advance"; readonly to: Link; readonly reason: string }
  /** The last link is passed: the chain is done. */
  | { readonly kind: "close"; readonly reason: string }
  /** A link is done again, and everything after it. */
  | {
    readonly kind: "redo";
    readonly decision: "feedback" | "reject";
    readonly link: Link;
    readonly reason: string;
    readonly guidance: string;
  }
  /** Everybody is asked, and the chain waits for an answer. */
  | { readonly kind: "help"; readonly question: string; readonly reason: string }
  /** The chain has failed. */
  | { readonly kind: "stop"; readonly reason: string };

/** A course, and the member that is to do what comes next, where one was named. */
export interface Ruling {
  /** What becomes of the chain. */
  readonly course: Course;
  /** Who is to do what comes next; null: whoever is fit for it. */
  readonly assignee: InstanceId | null;
}

/** What a decision is checked against. */
export interface Facts {
  /** The chain as it is now: its links, and the rounds that it had. */
  readonly chain: Chain;
  /** The task whose report is judged, as it was handed in. */
  readonly task: Task;
  /** What the report itself says; null where it does not. */
  readonly verdict: Verdict | null;
  /** Members that could be given work now. */
  readonly members: readonly InstanceId[];
}

/** A decision that can be carried out, with its ruling; or why it cannot be. */
export type Judged =
  | { readonly possible: true; readonly ruling: Ruling }
  /** One sentence for who decided. */
  | { readonly possible: false; readonly why: string };

/**
 * What a decision means for a chain, or why it cannot be carried out. The program, not the model, says
 * what is possible: a link that failed is never passed, nobody is given work who is not there, and a chain
 * is sent back only so often.
 */
export function rule(decision: Decision, facts: Facts): Judged {
  const assignee = facts.members.find((id) => id === decision.assignee) ?? null;
  const why = problemOf(decision, facts, assignee);
  if (why !== null) return { possible: false, why };
  return { possible: true, ruling: { course: courseOf(decision, facts), assignee } };
}

function problemOf(
  decision: Decision,
  { chain, task, verdict, members }: Facts,
  assignee: InstanceId | null,
): string | null {
  const links = chain.links.map(({ link }) => link);
  const at = links.findIndex((link) => link === task.link);
  if (isClosed(chain)) return `chain ${chain.id} is ${chain.status}`;
  if (decision.assignee !== null && assignee === null) {
    return `assignee "${decision.assignee}" is not here; here are: ${members.join(", ") || "none"}`;
  }
  if (decision.next_action === "reassign" && assignee === null) {
    return "next_action reassign needs an assignee";
  }
  if (decision.next_action === "ask_for_help") {
    if (decision.decision === "pass") return "a link that passes needs no help";
    return decision.guidance.trim() === "" ? "ask_for_help needs the question as guidance" : null;
  }
  if (decision.decision === "pass") return whyNotPass(decision, task, verdict, at, links.length);
  if (decision.guidance.trim() === "") return `${decision.decision} needs guidance`;
  if (decision.next_action === "close_chain") {
    return "only a pass of the last link closes the chain";
  }
  if (decision.next_action === "activate_next") return "only a pass activates the next link";
  if (decision.decision === "feedback") return null;
  return whyNotRedo(decision.redo_link, links, at);
}

function whyNotPass(
  { next_action }: Decision,
  task: Task,
  verdict: Verdict | null,
  at: number,
  count: number,
): string | null {
  if (task.status !== "completed") return `the link is ${task.status}, so it cannot pass`;
  if (verdict === "feedback" || verdict === "reject") {
    return `the report's own verdict is ${verdict}, so it cannot pass`;
  }
  const isLast = at === count - 1;
  if (isLast && next_action === "activate_next") return "there is no link after this one";
  if (!isLast && next_action === "close_chain") {
    return "the chain is closed by the last link, not by this one";
  }
  return null;
}

function whyNotRedo(redo: Link | null, links: readonly Link[], at: number): string | null {
  if (at === 0) return "there is no earlier link to be done again; give feedback instead";
  const index = redo === null ? 0 : links.indexOf(redo);
  if (index === -1) return `redo_link "${redo}" is not in this chain: it has ${links.join(", ")}`;
  if (index >= at) return `redo_link "${redo}" does not come before "${links[at]}"`;
  return null;
}

function courseOf(decision: Decision, { chain, task }: Facts): Course {
  const { reason, guidance } = decision;
  const links = chain.links.map(({ link }) => link);
  const at = links.findIndex((link) => link === task.link);
  if (decision.decision === "pass") {
    const next = links[at + 1];
    return next === undefined ? { kind: "close", reason } : { kind: "advance", to: next, reason };
  }
  if (decision.next_action === "ask_for_help") return { kind: "help", question: guidance, reason };
  const stop = outOfRounds(chain, reason);
  if (stop !== null) return stop;
  const isReject = decision.decision === "reject";
  const link = isReject ? earlierLink(decision.redo_link, links, at) : links[at];
  return {
    kind: "redo",
    decision: decision.decision,
    link: link ?? chain.at,
    reason,
    guidance,
  };
}

/** The end of a chain that was sent back as often as it may be; null for one that may go on. */
export function outOfRounds(chain: Chain, reason: string): Course | null {
  if (chain.rounds.length < chain.max_rounds) return null;
  // Each round has its share of what a reason may be long, so that none is cut off by the others.
  const share = Math.floor(MAX_REASON_BYTES / (chain.rounds.length + 2));
  const told = chain.rounds.map(({ round, link, decision, reason }) =>
    truncateUtf8(`round ${round}: ${decision} on ${link}: ${reason}`, share)
  );
  const last = truncateUtf8(`round ${chain.round}: ${reason}`, share);
  return {
    kind: "stop",
    reason: `Sent back ${chain.rounds.length} times. ${[...told, last].join("; ")}`,
  };
}

/** The link that a reject means: the one it names, else build, else the first. */
function earlierLink(redo: Link | null, links: readonly Link[], at: number): Link | undefined {
  if (redo !== null) return redo;
  const build = links.indexOf("build");
  return build !== -1 && build < at ? "build" : links[0];
}
