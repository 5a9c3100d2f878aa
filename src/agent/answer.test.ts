import { expect, test } from "vitest";
import { Decision } from "../domain/decision.ts";
import { Decomposition } from "../domain/decomposition.ts";
import { readAnswer } from "./answer.ts";
import { answerSchema } from "./answer_schema.ts";

const PASS = { decision: "pass", reason: "All is shown" };
const LINK = { title: "t", description: "d", criteria: "c" };
const CHAIN = { title: "x", links: { build: LINK, verify: LINK, review: LINK, accept: LINK } };

const said = (text: string) => ({ structuredOutput: undefined, text });
const complaints = (answer: unknown, schema: typeof Decision | typeof Decomposition) => {
  const read = readAnswer({ structuredOutput: answer, text: "" }, schema);
  return read.ok ? [] : read.complaints;
};

test("structured output comes first, then the last object of the text; defaults are filled in", () => {
  const full = { ...PASS, guidance: "", redo_link: null, next_action: "none", assignee: null };
  const both = { structuredOutput: PASS, text: '{"decision": "reject", "reason": "no"}' };
  expect(readAnswer(both, Decision)).toEqual({ ok: true, value: full });
  const text = `I looked.\n\`\`\`json\n${JSON.stringify(PASS)}\n\`\`\``;
  expect(readAnswer(said(text), Decision)).toEqual({ ok: true, value: full });
  const plan = readAnswer(said(JSON.stringify({ chains: [CHAIN] })), Decomposition);
  expect(plan).toMatchObject({ ok: true, value: { chains: [{ priority: 1, after: [] }] } });
});

test.each([
  ["", "The answer is empty"],
  ["  \n", "The answer is empty"],
  ["I would pass it.", "The answer holds no JSON object"],
  ["[]", "The answer holds no JSON object"],
  [
    '{"decision": "pass",\n "reason": "it said "go""}',
    'The JSON in the answer breaks off in line 2, column 22: expected "," or the end of the object ' +
    "or array",
  ],
])("%j is no answer", (text, complaint) => {
  expect(readAnswer(said(text), Decision)).toEqual({ ok: false, complaints: [complaint] });
});

test("complaints name what is wrong, by its path", () => {
  const decision = {
    decision: "maybe",
    reason: " ",
    guidance: 4,
    redo_link: "test",
    next_action: null,
    assignee: ["tom"],
  };
  expect(complaints(decision, Decision)).toEqual([
    'decision must be one of "pass", "feedback", "reject"',
    "reason must say why",
    "guidance must be a string, not 4",
    'redo_link must be one of "plan", "build", "verify", "review", "accept"',
    'next_action must be one of "activate_next", "reassign", "close_chain", "ask_for_help", "none"',
    "assignee must be a string, not an array",
  ]);
  const build = { ...LINK, criteria: "", title: "x".repeat(201) };
  const { accept: _accept, ...links } = { ...CHAIN.links, plan: "no", build };
  const chain = { ...CHAIN, priority: 9, after: [0, 1.5, "one"], links };
  expect(complaints({ chains: [chain] }, Decomposition)).toEqual([
    "chains.0.priority must be one of 0, 1, 2, 3",
    "chains.0.after.0 must be more than 0",
    "chains.0.after.1 must be a whole number, not 1.5",
    "chains.0.after.2 must be a number, not a string",
    "chains.0.links.plan must be an object, not a string",
    "chains.0.links.build.title must have at most 200 characters",
    "chains.0.links.build.criteria must not be empty",
    "chains.0.links.accept is missing",
  ]);
  expect(complaints({}, Decomposition)).toEqual(["chains is missing"]);
  expect(complaints({ chains: [] }, Decomposition)).toEqual([
    "chains must hold at least one chain",
  ]);
  expect(complaints([PASS], Decision)).toEqual(["The answer must be an object, not an array"]);
});

test("complaints are bounded in number and size, and free of control characters", () => {
  const many = complaints({ chains: Array.from({ length: 20 }, () => ({})) }, Decomposition);
  expect(many).toHaveLength(10);
  expect(many.at(-1)).toBe("31 more things do not fit");
  const strict = Decision.strict();
  const read = readAnswer(
    said(JSON.stringify({ ...PASS, [`\u001b[2J${"k".repeat(9999)}`]: 1 })),
    strict,
  );
  if (read.ok) throw new Error("It fits");
  expect(read.complaints[0]).toMatch(/^The answer has fields that are not known: k{9}/);
  expect(read.complaints[0]).toHaveLength(300);
});

test("a megabyte of an answer is refused, not choked on", () => {
  const began = performance.now();
  const mib = 1024 * 1024;
  expect(complaints({ ...PASS, reason: "x".repeat(mib) }, Decision)).toEqual([
    "reason must have at most 16384 characters",
  ]);
  const long = JSON.stringify({ chains: Array.from({ length: mib / 2 }, () => 1) });
  expect(readAnswer(said(long), Decomposition).ok).toBe(false);
  const nested = '{"chains":'.repeat(mib / 10);
  expect(readAnswer(said(nested), Decomposition).ok).toBe(false);
  expect(performance.now() - began).toBeLessThan(5000);
});

test("the schema that is asked for says what may be left out, in the dialect that is read", () => {
  const schema = answerSchema(Decision);
  expect(schema).toMatchObject({ type: "object", required: ["decision", "reason"] });
  expect(schema).toHaveProperty("properties.redo_link.anyOf.1", { type: "null" });
  expect(schema).not.toHaveProperty("$schema");
  expect(answerSchema(Decomposition)).toHaveProperty(
    "properties.chains.items.properties.links.required",
    ["build", "verify", "review", "accept"],
  );
});
