import type { Outcome } from "../agent/outcome.ts";
import type { Report } from "../domain/report.ts";

/** What becomes of the task, or of the message, that a run was for. */
export type Verdict =
  /** Done, if the task's own check agrees. */
  | { readonly work: "complete" }
  /** One attempt is used up; there is another while the task allows it. */
  | { readonly work: "fail"; readonly reason: string; readonly again: boolean }
  /** Waits on somebody. */
  | { readonly work: "block"; readonly reason: string }
  /** Back to the queue as it was: no attempt is used. */
  | { readonly work: "release"; readonly reason: string }
  /** The same run once more, without the conversation that cannot be resumed. */
  | { readonly work: "start_anew" };

/** What the Worker does besides. */
export type Measure =
  | { readonly measure: "none" }
  /** Nobody in the team starts a run before `until` (ms since 1970; null: nobody said when). */
  | { readonly measure: "pause_team"; readonly until: number | null; readonly reason: string }
  /** This Worker waits, longer each time in a row. */
  | { readonly measure: "back_off"; readonly reason: string }
  /** This Worker cannot run anything until a person mends it; it looks again now and then. */
  | { readonly measure: "pause_self"; readonly reason: string; readonly remedy: string };

export interface Reaction {
  readonly verdict: Verdict;
  readonly measure: Measure;
  /** Whether the conversation is worth resuming when the work comes back to this machine. */
  readonly keepSession: boolean;
}

/**
 * What follows from the end of a run: the one table of it, repeated for people in docs/worker.md. What
 * is nobody's fault (limits, capacity, a lost login, an interrupt) costs no attempt; what the agent did
 * or left undone does. A budget that is spent is never spent again unasked.
 */
export function react(outcome: Outcome, report: Report | null): Reaction {
  switch (outcome.kind) {
    case "ok":
    case "no_structured_output":
      return { verdict: fromReport(report), measure: NONE, keepSession: true };
    case "nothing_done": {
      const denied = outcome.denied.map(({ tool, target }) => `${tool}(${target})`).join(", ");
      const reason = `Nothing was done: these tools were denied: ${denied}`;
      return { ...failed(reason), keepSession: false };
    }
    case "rate_limited":
      return {
        verdict: { work: "release", reason: outcome.reason },
        measure: { measure: "pause_team", until: outcome.until, reason: outcome.reason },
        keepSession: true,
      };
    case "overloaded":
      return {
        verdict: { work: "release", reason: outcome.reason },
        measure: { measure: "back_off", reason: outcome.reason },
        keepSession: true,
      };
    case "not_logged_in":
      return cannotRun(outcome.reason, "Run `claude` on this machine and log in with /login");
    case "out_of_credit":
      return cannotRun(outcome.reason, "Add credit to the account that this machine uses");
    case "no_such_command":
      return cannotRun(outcome.reason, "Install the agent, or set another one with --command");
    case "version_printed":
      return cannotRun(outcome.reason, "Take --version out of the configured command");
    case "budget_spent":
      return {
        verdict: { work: "fail", reason: `Budget spent: ${outcome.reason}`, again: false },
        measure: NONE,
        keepSession: true,
      };
    case "turns_spent":
      return { ...failed(`Turns spent: ${outcome.reason}`), keepSession: true };
    case "timed_out":
      return { ...failed(TIMED_OUT[outcome.limit]), keepSession: false };
    case "aborted":
      return {
        verdict: { work: "release", reason: "The run was stopped" },
        measure: NONE,
        keepSession: true,
      };
    case "no_such_session":
      return { verdict: { work: "start_anew" }, measure: NONE, keepSession: false };
    case "no_result":
    case "failed":
      return { ...failed(outcome.reason), keepSession: false };
  }
}

const NONE: Measure = { measure: "none" };

const TIMED_OUT = {
  stall: "The agent fell silent, and was stopped",
  total: "The agent ran for longer than a run may take, and was stopped",
} as const;

function failed(reason: string): Omit<Reaction, "keepSession"> {
  return { verdict: { work: "fail", reason, again: true }, measure: NONE };
}

function cannotRun(reason: string, remedy: string): Reaction {
  return {
    verdict: { work: "release", reason },
    measure: { measure: "pause_self", reason, remedy },
    keepSession: true,
  };
}

/** What the agent says of its own work; who says nothing is done, for the check to confirm. */
function fromReport(report: Report | null): Verdict {
  const reason = report?.fields["summary"] ?? "The agent gave no reason";
  if (report?.status === "blocked") return { work: "block", reason };
  if (report?.status === "failed") return { work: "fail", reason, again: true };
  return { work: "complete" };
}

/** ms of one wait in a row of them: doubled each time, never over `maxMs`, half of it at random. */
export function backOffMs(
  waits: number,
  random: number,
  options: { firstMs: number; maxMs: number },
): number {
  const whole = Math.min(options.maxMs, options.firstMs * 2 ** Math.min(waits, 30));
  return whole / 2 + random * whole / 2;
}
