import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { spentOn } from "../../src/agent/run_cost.ts";
import { fileAppears } from "../support/awaited_file.ts";
import { claudePath } from "../support/claude_cli.ts";
import { type ClaudeRunOverrides, runClaude } from "../support/claude_run.ts";
import { bash, inOrder, say, type ScriptedApi, startScriptedApi } from "../support/scripted_api.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

// Each answer of the scripted API says that it used 1,000 tokens of input and 100 of output: 0.006 USD.

describe.skipIf(claudePath() === undefined)("what the real Claude Code uses", () => {
  let api: ScriptedApi;
  beforeEach(async () => {
    api = await startScriptedApi();
  });
  afterEach(() => api.close());

  const run = (overrides: ClaudeRunOverrides = {}, directory = temporaryDirectory()) =>
    runClaude({ directory, apiUrl: api.url }, { flags: ["--allowedTools", "Bash"], ...overrides });

  test("stops at a limit on tokens when it asks for another tool, and still tells its cost", async () => {
    api.play(({ answered }) => bash(answered < 2 ? "echo again" : "tail -f /dev/null"));
    const result = await run({ budgetTokens: 2500 });
    expect(result.outcome).toEqual({
      kind: "budget_spent",
      reason: "It had used 3300 tokens, and was stopped",
    });
    expect(result.killedBy).toBe("tokens");
    expect(api.requests).toHaveLength(3);
    expect(spentOn(result)).toEqual({
      cost_usd: 0.018,
      input_tokens: 3000,
      output_tokens: 300,
      runs: 1,
    });
  });

  test("is not stopped for its last words", async () => {
    api.play(inOrder(bash("echo once"), say("All done")));
    const result = await run({ budgetTokens: 1500 });
    expect(result.outcome).toEqual({ kind: "ok" });
    expect(result.text).toBe("All done");
    expect(spentOn(result)).toMatchObject({ input_tokens: 2000, output_tokens: 200 });
  });

  test("is counted for each run alone, also in a conversation that is resumed", async () => {
    const directory = temporaryDirectory();
    const first = await run({}, directory);
    const resume = { sessionId: first.sessionId ?? "", costUsd: first.sessionCostUsd ?? 0 };
    const second = await run({ resume, prompt: "again" }, directory);
    const each = { cost_usd: 0.006, input_tokens: 1000, output_tokens: 100, runs: 1 };
    expect([spentOn(first), spentOn(second)]).toEqual([each, each]);
    expect(spentOn(first, second)).toMatchObject({ cost_usd: 0.012, runs: 2 });
    const lost = { sessionId: crypto.randomUUID(), costUsd: 0 };
    expect(spentOn(await run({ resume: lost }, directory))).toMatchObject({ runs: 0 });
  });

  test("is known of a run that was stopped, which can be resumed", async () => {
    const directory = temporaryDirectory();
    const abort = new AbortController();
    // Interrupted in the middle of an answer, Claude Code leaves that one out of its cost.
    api.play(inOrder(bash("touch begun; exec tail -f /dev/null")));
    const running = run({ signal: abort.signal }, directory);
    await fileAppears(join(directory, "begun"));
    abort.abort();
    const stopped = await running;
    expect(stopped.outcome).toEqual({ kind: "aborted" });
    expect(spentOn(stopped)).toMatchObject({ cost_usd: 0.006, runs: 1 });
    api.play(() => say("Went on"));
    const resume = { sessionId: stopped.sessionId ?? "", costUsd: stopped.sessionCostUsd ?? 0 };
    const next = await run({ resume, prompt: "go on" }, directory);
    expect(next.text).toBe("Went on");
    expect(next.costUsd).toBeCloseTo(0.006, 6);
    expect(api.requests.at(-1)?.prompt).toContain("Say hello");
  });
});
