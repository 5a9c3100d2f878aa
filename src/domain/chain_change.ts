import type { Chain, ChainStatus, HelpWanted } from "./chain.ts";
import type { NewEvent } from "./event.ts";
import * as judging from "./judging.ts";
import { MAX_JOURNAL_TEXT_BYTES, MAX_REASON_BYTES } from "./limits.ts";
import { invalidTransition } from "./ownership.ts";
import type { Course } from "./ruling.ts";
import { isHandedIn } from "./standing.ts";
import type { Act, Step } from "./step.ts";
import type { Link, Task } from "./task.ts";
import { truncateUtf8 } from "./text.ts";

/** What a course makes of a chain and of its tasks: committed in one transaction. */
export interface ChainChange {
  readonly chain: Chain;
  readonly steps: readonly Step[];
  readonly event: NewEvent | null;
}

/** What carrying out a course needs beside the chain. */
export interface CourseNeeds {
  /** The tasks of the chain, in the order of its links. */
  readonly tasks: readonly Task[];
  /** The task whose report was judged. */
  readonly judged: Task;
  /** For the link that comes next, or is done again. */
  readonly terms: judging.Terms | null;
  /** For `help`: what was asked, and until when. */
  readonly help: HelpWanted | null;
  readonly act: Act;
}

/**
 * Carries out a course; see `Course`. A chain of which a person cancelled a link is given up, whatever
 * the course, since nothing brings that link back.
 *
 * @throws OrchestratorError INVALID_TRANSITION where a task does not allow its step
 */
export function follow(chain: Chain, course: Course, needs: CourseNeeds): ChainChange {
  const lost = needs.tasks.find(isWithdrawn);
  if (lost !== undefined && course.kind !== "stop") {
    const why = lost.cancel_reason === null ? "" : `: ${lost.cancel_reason}`;
    const reason = `${lost.link ?? lost.id} was cancelled by ${lostTo(lost)}${why}`;
    return giveUp(chain, "failed", reason, needs.tasks, needs.act);
  }
  switch (course.kind) {
    case "advance":
      return advance(chain, course, needs);
    case "close":
      return close(chain, "completed", course.reason, [
        judging.pass(needs.judged, needs.act, course.reason),
      ], needs.act);
    case "redo":
      return redo(chain, course, needs);
    case "help":
      return {
        chain: { ...chain, status: "waiting", help: needs.help, updated_at: needs.act.now },
        steps: [],
        event: eventOf(chain, "chain_waiting", needs.act, course.question),
      };
    case "stop":
      return giveUp(chain, "failed", course.reason, needs.tasks, needs.act);
  }
}

/** Whether somebody other than the Leader cancelled a link. */
function isWithdrawn({ status, judgement }: Task): boolean {
  return status === "cancelled" && judgement === "awaited";
}

function lostTo({ history }: Task): string {
  const by = history.findLast(({ to }) => to === "cancelled");
  return by?.by_name || by?.by || "somebody";
}

function advance(
  chain: Chain,
  { to, reason }: Extract<Course, { kind: "advance" }>,
  { tasks, judged, terms, act }: CourseNeeds,
): ChainChange {
  const next = tasks.find(({ link }) => link === to);
  const activated = next === undefined || terms === null
    ? []
    : [judging.activate(next, judged.id, terms, act)];
  return {
    // One that waited for an answer goes on: somebody took its link up without one.
    chain: { ...chain, status: "open", help: null, at: to, updated_at: act.now },
    steps: [judging.pass(judged, act, reason), ...activated],
    event: null,
  };
}

function redo(
  chain: Chain,
  course: Extract<Course, { kind: "redo" }>,
  { tasks, judged, terms, act }: CourseNeeds,
): ChainChange {
  const from = tasks.findIndex(({ link }) => link === course.link);
  const to = tasks.findIndex(({ id }) => id === judged.id);
  if (from === -1 || from > to) throw invalidTransition(judged, `redo ${course.link} after`);
  const guidance = {
    time: act.now,
    round: chain.round,
    by_name: act.by.name,
    link: judged.link ?? chain.at,
    text: truncateUtf8(course.guidance, MAX_REASON_BYTES),
  };
  const steps = tasks.slice(from, to + 1).map((task, index) => {
    const previous = tasks[from + index - 1];
    const isFirst = index === 0;
    return judging.reopen(task, act, {
      unmet: isFirst || previous === undefined ? [] : [previous.id],
      terms: isFirst ? terms : null,
      guidance: isFirst || task.id === judged.id ? guidance : null,
      reason: `${course.decision} on ${guidance.link}: ${course.reason}`,
      keepsResult: isFirst,
    });
  });
  const round = {
    round: chain.round,
    time: act.now,
    link: guidance.link,
    decision: course.decision,
    redo: course.link,
    reason: truncateUtf8(course.reason, MAX_JOURNAL_TEXT_BYTES),
  };
  const sentBack: Chain = {
    ...chain,
    status: "open",
    at: course.link,
    round: chain.round + 1,
    rounds: [...chain.rounds, round],
    help: null,
    updated_at: act.now,
  };
  const event = eventOf(sentBack, "chain_round", act, course.reason);
  return { chain: sentBack, steps, event: { ...event, data: { ...event.data, ...round } } };
}

/** The link whose question was asked is at work without an answer: the chain waits no longer. */
export function resume(chain: Chain, act: Act): ChainChange {
  return {
    chain: { ...chain, status: "open", help: null, updated_at: act.now },
    steps: [],
    event: null,
  };
}

/** Ends a chain before its time: what was handed in is refused, what is still to do is cancelled. */
export function giveUp(
  chain: Chain,
  status: "failed" | "cancelled",
  reason: string,
  tasks: readonly Task[],
  act: Act,
): ChainChange {
  const told = truncateUtf8(reason, MAX_REASON_BYTES);
  const open = tasks.filter(({ judgement }) => judgement === "awaited");
  const steps = open.map((task) =>
    isHandedIn(task) ? judging.refuse(task, act, told) : judging.withdraw(task, act, told)
  );
  return close(chain, status, told, steps, act);
}

function close(
  chain: Chain,
  status: Extract<ChainStatus, "completed" | "failed" | "cancelled">,
  reason: string,
  steps: readonly Step[],
  act: Act,
): ChainChange {
  const closed: Chain = {
    ...chain,
    status,
    help: null,
    reason: status === "completed" ? null : reason,
    updated_at: act.now,
    closed_at: act.now,
  };
  return { chain: closed, steps, event: eventOf(closed, `chain_${status}`, act, reason) };
}

/** What the journal says of a chain. */
export function eventOf(
  chain: Chain,
  type: Extract<NewEvent["type"], `chain_${string}`>,
  act: Act,
  reason: string | null,
): NewEvent {
  return {
    type,
    by: act.by.id,
    by_name: act.by.name,
    chain_id: chain.id,
    requirement_id: chain.requirement_id,
    reason: reason === null ? null : truncateUtf8(reason, MAX_JOURNAL_TEXT_BYTES),
    title: truncateUtf8(chain.title, MAX_JOURNAL_TEXT_BYTES),
    data: { links: chain.links.length, at: chain.at satisfies Link, round: chain.round },
  };
}
