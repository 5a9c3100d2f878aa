import { expect, test } from "vitest";
import { lastJsonObject } from "./json_in_text.ts";

const ANSWER = { decision: "pass", reason: 'it says {"x": [1]} and }' };
const JSON_ANSWER = JSON.stringify(ANSWER);

const found = (text: string) => {
  const result = lastJsonObject(text);
  return result.kind === "object" ? result.value : result;
};

test.each([
  ["alone", JSON_ANSWER],
  ["indented", JSON.stringify(ANSWER, null, 2)],
  ["in a fence", `Here it is:\n\n\`\`\`json\n${JSON_ANSWER}\n\`\`\`\nGood luck!`],
  ["between sentences", `I think {so}. ${JSON_ANSWER} That's all {"`],
  ["behind another one", `For example {"decision": "reject"}. Now:\n${JSON_ANSWER}`],
  ["behind one that breaks off", `{"decision": "reject", "reason\n${JSON_ANSWER}`],
  ["behind a brace and a quote", `I'd use {"a or {${JSON_ANSWER}`],
  ["in a list", `[${JSON_ANSWER}]`],
])("an object %s", (_where, text) => {
  expect(found(text)).toEqual(ANSWER);
});

test("all that JSON has is understood", () => {
  const value = {
    a: [],
    b: {},
    c: [[1, -2.5e-3, 0], [true, false, null]],
    'd"\\\n\u2028é': "\u0000😀/",
  };
  expect(found(`x ${JSON.stringify(value)} y`)).toEqual(value);
  expect(found('{"a":"\\u00e9\\/\\b\\f\\t"}')).toEqual({ a: "é/\b\f\t" });
});

test.each([
  ['{"a": 1,}', 1, 9, "a key in double quotes"],
  ['{"a": [1,]}', 1, 10, "a value"],
  ['so:\n{"a" 1}', 2, 6, '":"'],
  ['{"a": 01}', 1, 8, '"," or the end of the object or array'],
  ['{"a": nul}', 1, 7, "a value"],
  ['{"a": 1\n "b": 2}', 2, 2, '"," or the end of the object or array'],
  ['{"a": "x\ny"}', 1, 9, "the rest of a string, with line breaks and quotes escaped"],
  ['{"a": "x\\y"}', 1, 9, "the rest of a string, with line breaks and quotes escaped"],
  ['{"a": {"b": {"c": 1}', 1, 21, '"," or the end of the object or array'],
])("%j breaks off", (text, line, column, expected) => {
  expect(lastJsonObject(text)).toEqual({ kind: "broken", line, column, expected });
});

test.each(["", "no", "{", "{}}{".slice(2), "{a: 1}", "if (x) { return }", "[1, 2]", '"{"'])(
  "there is none in %j",
  (text) => expect(lastJsonObject(text)).toEqual({ kind: "none" }),
);

test("what is nested too deeply is broken, however deep", () => {
  const deep = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
  expect(lastJsonObject(deep(100)).kind).toBe("object");
  expect(lastJsonObject(deep(200_000)).kind).toBe("broken");
});

const MIB = 1024 * 1024;
test.each([
  ["braces", "{"],
  ["open objects", '{"a":'],
  ["open objects in arrays", '{"a":[{},'],
  ["keys with braces", '{"{":'],
  ["strings with braces", '{"a{":"{b{",'],
  ["quotes", '{"{"'],
  ["words in braces", '{"a":[1,2],"{":{"x":'],
  ["digits", '{"a":1'.padEnd(MIB, "1")],
  ["one string", '{"a":"'.padEnd(MIB, "{")],
  ["escapes", '{"a":"'.padEnd(MIB, "\\\\")],
])("a megabyte of %s takes no longer than its length asks", (_what, unit) => {
  const text = unit.repeat(Math.ceil(MIB / unit.length));
  const began = performance.now();
  expect(lastJsonObject(text).kind).not.toBe("object");
  expect(performance.now() - began).toBeLessThan(10_000);
});
