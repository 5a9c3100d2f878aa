import { expect, test } from "vitest";
import { parseReport } from "./report.ts";

const BUILD = `I changed the parser.

Link: build
Status: done
Summary: The parser takes comments.
Requirements: R1 done (src/parse.ts); R2 done (src/parse.test.ts)
Deviations: none
Evidence: npm test: 12 passed`;

test("reads a report as its template asks for it", () => {
  const report = parseReport("build", BUILD);
  expect(report).toEqual({
    kind: "build",
    status: "done",
    verdict: null,
    redo: null,
    fields: {
      link: "build",
      status: "done",
      summary: "The parser takes comments.",
      requirements: "R1 done (src/parse.ts); R2 done (src/parse.test.ts)",
      deviations: "none",
      evidence: "npm test: 12 passed",
    },
    missing: [],
  });
});

test.each([
  ["**Status:** done", "done"],
  ["**Status**: Done.", "done"],
  ["- Status: `blocked`", "blocked"],
  ["* **Status:** *failed* because of the disk", "failed"],
  ["### Status: ✅ completed", "done"],
  ["> STATUS : Success", "done"],
  ["Status：done", "done"],
  ["Status: perhaps", null],
  ["Status:", null],
  ["The status is done", null],
])("%j reads as %j", (line, status) => {
  expect(parseReport("task", line).status).toBe(status);
});

test.each(
  [
    ["verify", "Verdict: PASS (3 of 3)", "pass"],
    ["verify", "Verdict: gap", "feedback"],
    ["verify", "Verdict: FAILURE", "reject"],
    ["review", "Verdict: feedback", "feedback"],
    ["review", "Verdict: reject", "reject"],
    ["accept", "Verdict: GO", "pass"],
    ["accept", "Verdict: NO-GO", "reject"],
    ["accept", "Verdict: no go", null],
    ["accept", "Verdict: probably", null],
    ["build", "Verdict: pass", null],
  ] as const,
)("in a report of %s, %j is %j", (kind, line, verdict) => {
  expect(parseReport(kind, line).verdict).toBe(verdict);
});

test("a value goes on over lines, up to the next field", () => {
  const text =
    "Status: done\nEvidence:\n- npm test: 12 passed\n\n- npm run lint: 0\nSummary: fine\n";
  expect(parseReport("task", text).fields).toEqual({
    status: "done",
    evidence: "- npm test: 12 passed\n\n- npm run lint: 0",
    summary: "fine",
  });
});

test("a word with a colon inside a value begins no field", () => {
  const text = "Summary: two parts\nNote: this is one of them\nStatus: done";
  expect(parseReport("task", text).fields).toEqual({
    summary: "two parts\nNote: this is one of them",
    status: "done",
  });
});

test("of two reports the last counts, and a fence ends a value", () => {
  const text = "Status: failed\n\n```\nStatus: done\nSummary: now it works\n```\nThat is all.";
  expect(parseReport("task", text).fields).toEqual({ status: "done", summary: "now it works" });
});

test("names the link to be done again", () => {
  expect(parseReport("review", "Redo: **Build**, from R2 on").redo).toBe("build");
  expect(parseReport("review", "Redo: none").redo).toBeNull();
});

test("tells what is missing, and reads nothing out of nothing", () => {
  expect(parseReport("message", "Hello")).toEqual({
    kind: "message",
    status: null,
    verdict: null,
    redo: null,
    fields: {},
    missing: ["status", "summary"],
  });
});

test("an inherited name is no status", () => {
  expect(parseReport("task", "Status: constructor").status).toBeNull();
});
