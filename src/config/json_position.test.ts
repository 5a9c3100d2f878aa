import { expect, test } from "vitest";
import { jsonPath, mapJson, positionAt } from "./json_position.ts";

test.each([
  ["", 1, 1, /a value, found the end of the file/],
  ["{", 1, 2, /a key in double quotes, found the end/],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /"," or "}", found "\\""/],
  ['{\n  "a": 1,\n}', 3, 1, /a key in double quotes, found "}"/],
  ["{'a': 1}", 1, 2, /a key in double quotes, found "'"/],
  ['{"a": tru}', 1, 7, /a value, found "t"/],
  ['{"a": "x\ny"}', 1, 7, /not closed/],
  ['{"a": [1, 2}', 1, 12, /"," or "]", found "}"/],
  ['{"a" 1}', 1, 6, /":", found "1"/],
  ["{} // why", 1, 4, /the end of the file, found "\/"/],
  ['{"a": 01}', 1, 8, /"," or "}"/],
])("finds the error in %j", (text, line, column, problem) => {
  expect(() => JSON.parse(text)).toThrow();
  const { error } = mapJson(text);
  expect(error?.problem).toMatch(problem);
  expect(positionAt(text, error?.offset ?? -1)).toEqual({ line, column });
});

test.each([
  "{}",
  ' { "a" : [ ] , "b" : { "c" : -1.5e+3 } } ',
  '"\\u00e9\\n\\"/"',
  "[true,false,null,[{}]]",
  "\r\n\t0",
])("finds none in %j", (text) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(mapJson(text).error).toBeNull();
});

test("tells where each value begins", () => {
  const text = '{\n  "a": {"b": [10, 20]},\n  "a.b": 1\n}';
  const { offsets } = mapJson(text);
  const at = (...keys: string[]) => positionAt(text, offsets.get(jsonPath(keys)) ?? -1);
  expect(at("a", "b", "1")).toEqual({ line: 2, column: 19 });
  expect(at("a.b")).toEqual({ line: 3, column: 10 });
});

test("survives a text that is nested without end", () => {
  expect(mapJson("[".repeat(200_000)).error?.problem).toMatch(/nested too deeply/);
});

test("agrees with JSON.parse on what is JSON, for every cut and every changed character", () => {
  const whole = '{"a":[1,-2.5e3,"x\\n\\u0041"],"b":{"c":null,"d":true}}';
  const variants = [...whole].flatMap((_, index) => [
    whole.slice(0, index),
    ...'{}[]",:0x\\ '.split("").map((other) =>
      whole.slice(0, index) + other + whole.slice(index + 1)
    ),
  ]);
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  expect(variants.filter((text) => isJson(text) !== (mapJson(text).error === null))).toEqual([]);
});
