import type { AgentRun } from "../agent/agent_request.ts";
import type { Exit, KillReason, Outcome } from "../agent/outcome.ts";
import type { Mishap } from "./part.ts";
import type { Scene } from "./scene.ts";

/** What a run came to, as far as the play decides it. */
export type Ending = Pick<
  AgentRun,
  "outcome" | "exit" | "killedBy" | "text" | "structuredOutput" | "denied"
>;

/** A run that came to its end; what it says is to be filled in. */
export const OK: Ending = {
  outcome: { kind: "ok" },
  exit: { code: 0, signal: null },
  killedBy: null,
  text: "",
  structuredOutput: undefined,
  denied: [],
};

const EXITED_WITH_1: Exit = { code: 1, signal: null };
const STOPPED: Exit = { code: null, signal: "SIGTERM" };

/**
 * The end of a run that has one of the mishaps without an answer, as the runner of real agents would have
 * it; null for the others. `resetAt`: when a limit is lifted, in ms since 1970.
 */
export function misfortune(mishap: Mishap | null, scene: Scene, resetAt: number): Ending | null {
  switch (mishap) {
    case "429": {
      const reason = "You've hit your session limit (rehearsed)";
      return failed({ kind: "rate_limited", until: resetAt, reason });
    }
    case "overload":
      return failed({ kind: "overloaded", reason: "529 Overloaded (rehearsed)" });
    case "login":
      return failed({ kind: "not_logged_in", reason: "Not logged in (rehearsed)" });
    case "budget":
      return failed({ kind: "budget_spent", reason: "It had used what it may cost (rehearsed)" });
    case "turns":
      return failed({ kind: "turns_spent", reason: "It had used its turns (rehearsed)" });
    case "crash": {
      const reason = "It was ended by SIGKILL without a result (rehearsed)";
      return {
        ...OK,
        outcome: { kind: "no_result", reason },
        exit: { code: null, signal: "SIGKILL" },
      };
    }
    case "noresult": {
      const reason = "It exited with 0 without a result (rehearsed)";
      return { ...OK, outcome: { kind: "no_result", reason } };
    }
    case "deny": {
      const denied = [{ tool: "Bash", target: `the work of ${scene.part} (rehearsed)` }];
      return { ...OK, outcome: { kind: "nothing_done", denied }, denied };
    }
    default:
      return null;
  }
}

/** The end of a run that was stopped from outside, or by one of its limits. */
export function stopped(killedBy: KillReason): Ending {
  const outcome: Outcome = killedBy === "stall" || killedBy === "total"
    ? { kind: "timed_out", limit: killedBy }
    : { kind: "aborted" };
  return { ...OK, outcome, exit: STOPPED, killedBy };
}

/** A run that could not do its work at all. */
export function failed(outcome: Outcome): Ending {
  return { ...OK, outcome, exit: EXITED_WITH_1 };
}
