import { expect, test } from "vitest";
import { parseEvent } from "./event_stream.ts";
import { RunDigest } from "./run_digest.ts";
import { allTokens } from "./usage.ts";

const COUNTS = {
  input_tokens: 3,
  cache_creation_input_tokens: 20,
  cache_read_input_tokens: 1000,
  output_tokens: 2,
};

function digestOf(...events: readonly object[]): RunDigest {
  const digest = new RunDigest();
  for (const event of events) parseEvent(JSON.stringify(event)).forEach((each) => digest.add(each));
  return digest;
}

const message = (id: string, block: object) => ({
  type: "assistant",
  message: { id, content: [block], usage: COUNTS },
});
const text = (length: number) => ({ type: "text", text: "x".repeat(length) });

test("a message of several events is counted once, its output by its length", () => {
  const call = { type: "tool_use", id: "t", name: "Bash", input: { command: "x".repeat(386) } };
  const digest = digestOf(message("m-1", text(400)), message("m-1", call), message("m-2", text(4)));
  expect(digest.usage).toEqual({
    inputTokens: 6,
    outputTokens: 200 + 2,
    cacheCreationTokens: 40,
    cacheReadTokens: 2000,
  });
});

test("what the result says counts, where there is one", () => {
  const result = { type: "result", subtype: "success", usage: { ...COUNTS, output_tokens: 777 } };
  const { usage } = digestOf(message("m-1", text(4000)), result);
  expect(usage === null ? 0 : allTokens(usage)).toBe(3 + 20 + 1000 + 777);
  expect(digestOf(message("m-1", text(8)), { ...result, usage: null }).usage).toMatchObject({
    outputTokens: 2,
  });
});

test("the message that an interrupt came into is not forgotten", () => {
  const result = { type: "result", is_error: true, usage: { ...COUNTS, output_tokens: 777 } };
  const messages = [message("m-1", text(8)), message("m-2", text(8))];
  const interrupted = { ...result, terminal_reason: "aborted_streaming" };
  expect(digestOf(...messages, interrupted).usage).toMatchObject({ inputTokens: 6 });
  expect(digestOf(...messages, result).usage).toMatchObject({ inputTokens: 3 });
});

test("a message that the client made up itself has used nothing", () => {
  const failure = { ...message("m-1", text(400)), error: "rate_limit" };
  expect(digestOf(failure).usage).toBeNull();
});
