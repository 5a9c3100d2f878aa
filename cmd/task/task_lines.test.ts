import { expect, test } from "vitest";
import { parseTaskLines } from "./task_lines.ts";

test("reads an object a line, blank lines left out", () => {
  const text = '{"title":"a","key":"a"}\r\n\n{"title":"b","depends_on":["a"],"assignee":"Jerry"}\n';
  expect(parseTaskLines(text)).toEqual([
    { task: { title: "a", key: "a" }, assignee: undefined },
    { task: { title: "b", depends_on: ["a"] }, assignee: "Jerry" },
  ]);
});

test.each([
  ['{"title":"a"}\n{"title":"b",}', "Line 2 is no task"],
  ['{"title":""}', "Line 1 is no task: title: must not be empty"],
  ['{"title":"a","colour":"red"}', 'Line 1 is no task: Unrecognized key: "colour"'],
  ['{"title":"a","priority":7}', "Line 1 is no task: priority"],
  ['"title"', "Line 1 is no task"],
  ["\n\n", "There is no task to push"],
])("%j is refused", (text, message) => {
  expect(() => parseTaskLines(text)).toThrow(message);
});

test("an array gets the advice to split it", () => {
  expect(() => parseTaskLines('[{"title":"a"},\n{"title":"b"}]')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("jq -c '.[]'") }),
  );
});
