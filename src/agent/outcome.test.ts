import { expect, test } from "vitest";
import { parseEvent } from "./event_stream.ts";
import { judge, type RunFacts } from "./outcome.ts";
import { RunDigest } from "./run_digest.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");

interface Case extends Partial<Omit<RunFacts, "digest">> {
  readonly events?: readonly unknown[];
}

function judged({ events = [], ...facts }: Case) {
  const digest = new RunDigest();
  for (const event of events) {
    const text = typeof event === "string" ? event : JSON.stringify(event);
    parseEvent(text).forEach((each) => digest.add(each));
  }
  return judge({
    kind: "claude",
    digest,
    exit: { code: 0, signal: null },
    killedBy: null,
    startError: null,
    tail: "",
    expects: "changes",
    schemaAsked: false,
    now: NOW,
    ...facts,
  });
}

const result = (fields: object) => ({ type: "result", subtype: "success", ...fields });
const apiError = (status: number | null, text: string, error = "unknown") => [
  {
    type: "assistant",
    message: { content: [{ type: "text", text }] },
    error,
    api_error_status: status,
  },
  result({ is_error: true, api_error_status: status, terminal_reason: "api_error", result: text }),
];
const used = (name: string, isError = false) => [
  { type: "assistant", message: { content: [{ type: "tool_use", id: name, name, input: {} }] } },
  {
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: name, is_error: isError }] },
  },
];
const denial = { tool_name: "Write", tool_input: { file_path: "/etc/x" } };

test("a success is one whatever the exit status says", () => {
  expect(judged({ events: [result({})], exit: { code: 1, signal: null } })).toEqual({ kind: "ok" });
});

test("reading does not make up for a denied change, where a change was wanted", () => {
  const events = [
    ...used("Read"),
    ...used("Write", true),
    result({ permission_denials: [denial] }),
  ];
  const denied = [{ tool: "Write", target: "/etc/x" }];
  expect(judged({ events })).toEqual({ kind: "nothing_done", denied });
  expect(judged({ events, expects: "answer" })).toEqual({ kind: "ok" });
});

test("without any success an answer is not one either", () => {
  const events = [...used("Bash", true), result({ permission_denials: [denial] })];
  expect(judged({ events, expects: "answer" }).kind).toBe("nothing_done");
});

test("a denied tool that was got around is no failure", () => {
  const events = [...used("Edit"), result({ permission_denials: [denial] })];
  expect(judged({ events })).toEqual({ kind: "ok" });
});

test("each denied call is told once, on one line, cut", () => {
  const long = { tool_name: "Bash", tool_input: { command: `a\nb ${"x".repeat(300)}` } };
  const outcome = judged({ events: [result({ permission_denials: [denial, denial, long] })] });
  if (outcome.kind !== "nothing_done") throw new Error(outcome.kind);
  expect(outcome.denied).toHaveLength(2);
  expect(outcome.denied[1]?.target).toMatch(/^a b x+…$/);
  expect(outcome.denied[1]?.target).toHaveLength(120);
});

test.each([
  [529, "API Error: 529 overloaded_error", "overloaded"],
  [429, "Server is temporarily limiting requests (not your usage limit)", "overloaded"],
  [429, "API Error: Request rejected (429)", "rate_limited"],
  [401, "Failed to authenticate", "not_logged_in"],
  [null, "Not logged in · Please run /login", "not_logged_in"],
  [null, "Invalid API key · Fix external API key", "not_logged_in"],
  [400, "Credit balance is too low", "out_of_credit"],
  [400, "Prompt is too long", "failed"],
  [500, "API Error: 500", "failed"],
])("%s %s is %s", (status, text, kind) => {
  expect(judged({ events: apiError(status, text) }).kind).toBe(kind);
});

test("403 is a lost login where the client says so", () => {
  const events = (error: string) => apiError(403, "forbidden", error);
  expect(judged({ events: events("authentication_failed") }).kind).toBe("not_logged_in");
  expect(judged({ events: events("unknown") }).kind).toBe("failed");
});

test("the reset comes from the event, else from the text", () => {
  const text = "You've hit your session limit · resets 3:50pm (UTC)";
  const limit = (status: string, resetsAt: number) => ({
    type: "rate_limit_event",
    rate_limit_info: { status, resetsAt },
  });
  const events = [limit("rejected", 1795412162), ...apiError(429, text)];
  expect(judged({ events })).toMatchObject({ kind: "rate_limited", until: 1795412162000 });
  const fromText = [limit("allowed_warning", 1), ...apiError(429, text)];
  const until = Date.parse("2026-11-23T15:50:00Z");
  expect(judged({ events: fromText })).toMatchObject({ kind: "rate_limited", until });
});

test("limits on turns and budget", () => {
  const turns = { subtype: "error_max_turns", is_error: true, errors: ["Reached (2)"] };
  expect(judged({ events: [result(turns)] })).toEqual({
    kind: "turns_spent",
    reason: "Reached (2)",
  });
  const budget = { subtype: "error_max_budget_usd", is_error: true, errors: ["Reached ($1)"] };
  expect(judged({ events: [result(budget)] }).kind).toBe("budget_spent");
});

test("a kill is what the runner says it was, unless the agent had finished", () => {
  const killed = (killedBy: RunFacts["killedBy"], events: unknown[] = []) =>
    judged({ killedBy, events, exit: { code: 143, signal: null } });
  expect(killed("stall")).toEqual({ kind: "timed_out", limit: "stall" });
  expect(killed("total")).toEqual({ kind: "timed_out", limit: "total" });
  expect(killed("aborted")).toEqual({ kind: "aborted" });
  expect(killed("aborted", [result({})])).toEqual({ kind: "ok" });
  expect(killed("lingered", [result({})])).toEqual({ kind: "ok" });
  expect(killed("total", [result({ is_error: true })])).toEqual({
    kind: "timed_out",
    limit: "total",
  });
});

test("a stop for the tokens used is a spent budget, unless the agent had finished", () => {
  const usage = { input_tokens: 900, output_tokens: 100 };
  const events = [{ type: "assistant", message: { id: "m", content: [], usage } }];
  const interrupted = result({ is_error: true, terminal_reason: "aborted_tools" });
  const spent = { kind: "budget_spent", reason: "It had used 1000 tokens, and was stopped" };
  expect(judged({ killedBy: "tokens", events })).toEqual(spent);
  expect(judged({ killedBy: "tokens", events: [...events, interrupted] })).toEqual(spent);
  expect(judged({ killedBy: "tokens", events: [...events, result({})] })).toEqual({ kind: "ok" });
});

test("an interrupt from outside is an abort", () => {
  const aborted = {
    subtype: "error_during_execution",
    is_error: true,
    terminal_reason: "aborted_tools",
  };
  expect(judged({ events: [result(aborted)] })).toEqual({ kind: "aborted" });
});

test("without a result, the text and the exit tell", () => {
  expect(judged({ events: ["2.1.330 (Claude Code)"] }).kind).toBe("version_printed");
  expect(judged({ tail: "Not logged in · Please run /login" }).kind).toBe("not_logged_in");
  expect(judged({}).kind).toBe("no_result");
  expect(judged({ exit: { code: null, signal: "SIGKILL" } })).toEqual({
    kind: "no_result",
    reason: "It was ended by SIGKILL without a result",
  });
  expect(judged({ exit: { code: 1, signal: null }, tail: "error: unknown option '-x'" })).toEqual({
    kind: "failed",
    reason: "It exited with 1 without a result: error: unknown option '-x'",
  });
});

test("a conversation that is not there", () => {
  const lost = {
    subtype: "error_during_execution",
    is_error: true,
    errors: ["No conversation found with session ID: x"],
  };
  expect(judged({ events: [result(lost)] }).kind).toBe("no_such_session");
});

test("a schema that was not followed", () => {
  expect(judged({ events: [result({})], schemaAsked: true }).kind).toBe("no_structured_output");
  const given = result({ structured_output: null });
  expect(judged({ events: [given], schemaAsked: true }).kind).toBe("ok");
});

test("what could not be started", () => {
  const start = (code: string) => judged({ startError: { code, message: `spawn x ${code}` } });
  expect(start("ENOENT")).toEqual({ kind: "no_such_command", reason: "spawn x ENOENT" });
  expect(start("EAGAIN").kind).toBe("failed");
});

test("any other agent is judged by its exit", () => {
  expect(judged({ kind: "plain" })).toEqual({ kind: "ok" });
  const exit = { code: null, signal: "SIGSEGV" };
  expect(judged({ kind: "plain", exit, tail: "boom\n" })).toEqual({
    kind: "failed",
    reason: "It was ended by SIGSEGV: boom",
  });
});
