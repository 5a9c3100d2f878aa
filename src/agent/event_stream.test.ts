import { expect, test } from "vitest";
import { parseEvent } from "./event_stream.ts";

const parse = (value: unknown) => parseEvent(JSON.stringify(value));

test("a message with several blocks is several events", () => {
  const content = [
    { type: "thinking", thinking: "…" },
    { type: "text", text: "Look" },
    { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } },
  ];
  expect(parse({ type: "assistant", message: { content } })).toEqual([
    { type: "text", text: "Look" },
    { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } },
  ]);
});

test("a tool's result is text, whether it comes as a string or in blocks", () => {
  const result = (content: unknown) =>
    parse({
      type: "user",
      message: {
        content: [{ type: "tool_result", tool_use_id: "t1", is_error: true, content }],
      },
    });
  const event = { type: "tool_result", id: "t1", isError: true, text: "no" };
  expect(result("no")).toEqual([event]);
  expect(result([{ type: "text", text: "no" }])).toEqual([event]);
});

test("a user message that is plain text is no event", () => {
  expect(parse({ type: "user", message: { content: "hello" } })).toEqual([]);
});

test("a failed request, a retry, a limit and a denial", () => {
  const failed = {
    type: "assistant",
    message: { content: [{ type: "text", text: "API Error" }] },
    error: "rate_limit",
    api_error_status: 429,
  };
  expect(parse(failed)).toEqual([
    { type: "api_error", error: "rate_limit", status: 429, text: "API Error" },
  ]);
  const retry = {
    type: "system",
    subtype: "api_retry",
    attempt: 2,
    max_retries: 10,
    retry_delay_ms: 600,
    error_status: 529,
  };
  expect(parse(retry)).toEqual([
    { type: "retry", attempt: 2, maxRetries: 10, delayMs: 600, status: 529 },
  ]);
  const limit = { status: "rejected", resetsAt: 1763900000, rateLimitType: "five_hour" };
  expect(parse({ type: "rate_limit_event", rate_limit_info: limit })).toEqual([
    { type: "rate_limit", status: "rejected", resetsAt: 1763900000000 },
  ]);
  expect(parse({ type: "system", subtype: "permission_denied", tool_name: "Write" })).toEqual([
    { type: "denied", tool: "Write", message: "" },
  ]);
});

test("what is not known, or not as expected, is an event of its own and no error", () => {
  expect(parse({ type: "stream_event", event: {} })).toEqual([
    { type: "other", name: "stream_event" },
  ]);
  expect(parse({ type: "system", subtype: "from_the_future" })).toEqual([
    { type: "other", name: "system/from_the_future" },
  ]);
  expect(parse({ type: "assistant", message: 7 })).toEqual([{ type: "other", name: "assistant" }]);
  expect(parse({ type: "toString" })).toEqual([{ type: "other", name: "toString" }]);
});

test("lines that are no events", () => {
  expect(parseEvent("2.1.330 (Claude Code)")).toEqual([
    { type: "line", text: "2.1.330 (Claude Code)" },
  ]);
  expect(parseEvent("  ")).toEqual([]);
  expect(parseEvent("[1]")).toEqual([{ type: "line", text: "[1]" }]);
  expect(parseEvent("null")).toEqual([{ type: "line", text: "null" }]);
});

test("a result of which some fields are missing or wrong is still a result", () => {
  const [event] = parse({ type: "result", is_error: true, num_turns: "three", errors: null });
  expect(event).toMatchObject({
    type: "result",
    result: { is_error: true, num_turns: 0, permission_denials: [] },
  });
});
