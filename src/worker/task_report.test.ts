import { expect, test } from "vitest";
import type { AgentRun } from "../agent/agent_request.ts";
import { NOTHING_SPENT } from "../domain/spent.ts";
import { parseReport } from "../domain/report.ts";
import { utf8Bytes } from "../domain/text.ts";
import { evidenceOf, resultOf, type RunAccount } from "./task_report.ts";

const RUN: AgentRun = {
  outcome: { kind: "ok" },
  exit: { code: 0, signal: null },
  killedBy: null,
  costUsd: 0.5,
  sessionCostUsd: 0.5,
  usage: null,
  model: null,
  sessionId: "s-1",
  numTurns: 3,
  durationMs: 1000,
  text: "",
  structuredOutput: undefined,
  denied: [{ tool: "Write", target: "/etc/x" }, { tool: "Bash", target: "rm" }],
  logPath: "/cache/x.log",
  logProblem: null,
  warnings: [],
};
const FILES = {
  key: "x",
  log: "/cache/x.log",
  result: "/cache/x-result.md",
  verifyLog: "/cache/x-verify.log",
};

const account = (fields: Partial<RunAccount>): RunAccount => ({
  run: RUN,
  costUsd: 0.5,
  spent: NOTHING_SPENT,
  report: null,
  check: null,
  changes: null,
  kept: {},
  files: FILES,
  ...fields,
});

test("evidence is what somebody has to know who judges the answer", () => {
  const report = parseReport(
    "accept",
    "Link: accept\nStatus: done\nSummary: s\nVerdict: no-go\nRedo: build",
  );
  const check = { command: "npm test", passed: true, output: "ok" };
  expect(evidenceOf(account({ report, check, changes: "1 file changed" }))).toEqual({
    verdict: "reject",
    redo: "build",
    missing: "criteria_passed, criteria_failed",
    verify: "passed: npm test",
    verify_log: "/cache/x-verify.log",
    diffstat: "1 file changed",
    denied: "Write(/etc/x), Bash(rm)",
    log: "/cache/x.log",
    result_path: "/cache/x-result.md",
    session_id: "s-1",
    cost_usd: "0.500000",
    num_turns: "3",
  });
});

test("evidence leaves out what there is not, and cuts what is too long", () => {
  const check = { command: "x".repeat(100_000), passed: true, output: "" };
  const run = { ...RUN, denied: [], sessionId: null, numTurns: null };
  const evidence = evidenceOf(account({ run, check, costUsd: null }));
  expect(Object.keys(evidence)).toEqual(["verify", "verify_log", "log", "result_path"]);
  expect(utf8Bytes(evidence["verify"] ?? "")).toBe(1024);
});

test("an answer that is too long keeps its beginning and the report at its end", () => {
  expect(resultOf("short")).toBe("short");
  const answer = `The beginning${"ä😀".repeat(300_000)}\nVerdict: pass`;
  const result = resultOf(answer);
  expect(utf8Bytes(result)).toBeLessThanOrEqual(240 * 1024);
  expect(utf8Bytes(result)).toBeGreaterThan(239 * 1024);
  expect(result).toMatch(/^The beginningä😀/);
  expect(result).toContain("\n[… the middle is left out here …]\n");
  expect(result.endsWith("ä😀\nVerdict: pass")).toBe(true);
  expect(new TextDecoder().decode(new TextEncoder().encode(result))).toBe(result);
});
