import { expect, test } from "vitest";
import type { Outcome } from "../agent/outcome.ts";
import { parseReport } from "../domain/report.ts";
import { backOffMs, react } from "./reaction.ts";

/** What becomes of the work, what the Worker does besides, and whether the conversation is kept. */
function inShort(outcome: Outcome): [string, string, boolean] {
  const { verdict, measure, keepSession } = react(outcome, null);
  const again = verdict.work === "fail" ? (verdict.again ? ", again" : ", for good") : "";
  return [`${verdict.work}${again}`, measure.measure, keepSession];
}

const reason = "why";

test.each<[Outcome, [string, string, boolean]]>([
  [{ kind: "ok" }, ["complete", "none", true]],
  [{ kind: "no_structured_output" }, ["complete", "none", true]],
  [{ kind: "nothing_done", denied: [] }, ["fail, again", "none", false]],
  [{ kind: "rate_limited", until: 5, reason }, ["release", "pause_team", true]],
  [{ kind: "overloaded", reason }, ["release", "back_off", true]],
  [{ kind: "not_logged_in", reason }, ["release", "pause_self", true]],
  [{ kind: "out_of_credit", reason }, ["release", "pause_self", true]],
  [{ kind: "no_such_command", reason }, ["release", "pause_self", true]],
  [{ kind: "version_printed", reason }, ["release", "pause_self", true]],
  [{ kind: "budget_spent", reason }, ["fail, for good", "none", true]],
  [{ kind: "turns_spent", reason }, ["fail, again", "none", true]],
  [{ kind: "timed_out", limit: "stall" }, ["fail, again", "none", false]],
  [{ kind: "timed_out", limit: "total" }, ["fail, again", "none", false]],
  [{ kind: "aborted" }, ["release", "none", true]],
  [{ kind: "no_such_session", reason }, ["start_anew", "none", false]],
  [{ kind: "no_result", reason }, ["fail, again", "none", false]],
  [{ kind: "failed", reason }, ["fail, again", "none", false]],
])("%j", (outcome, expected) => expect(inShort(outcome)).toEqual(expected));

test("denied tools are named", () => {
  const denied = [{ tool: "Write", target: "/etc/x" }, { tool: "Bash", target: "rm" }];
  expect(react({ kind: "nothing_done", denied }, null).verdict).toMatchObject({
    reason: "Nothing was done: these tools were denied: Write(/etc/x), Bash(rm)",
  });
});

test.each([
  ["Status: done\nSummary: all well", { work: "complete" }],
  ["no report at all", { work: "complete" }],
  ["Status: blocked\nSummary: which port?", { work: "block", reason: "which port?" }],
  ["Status: failed\nSummary: no network", { work: "fail", reason: "no network", again: true }],
  ["Status: failed", { work: "fail", reason: "The agent gave no reason", again: true }],
])("what the agent says of its own work counts: %j", (text, verdict) => {
  expect(react({ kind: "ok" }, parseReport("task", text)).verdict).toEqual(verdict);
});

test("waits double up to their limit, and half of each is chance", () => {
  const waits = { firstMs: 100, maxMs: 1000 };
  expect([0, 1, 2, 3, 4, 99].map((n) => backOffMs(n, 1, waits)))
    .toEqual([100, 200, 400, 800, 1000, 1000]);
  expect(backOffMs(2, 0, waits)).toBe(200);
});
