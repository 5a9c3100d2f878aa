import { expect, test } from "vitest";
import { EMPTY_LINE, typeInto } from "./line_editor.ts";

const typed = (...keys: string[]) =>
  keys.reduce((line, key) => typeInto(line, key).line, EMPTY_LINE);

test("what is typed stands where the cursor is", () => {
  expect(typed("add a ", "greeting")).toEqual({ text: "add a greeting", cursor: 14 });
  expect(typed("ac", "\x1b[D", "b")).toEqual({ text: "abc", cursor: 2 });
  expect(typed("bc", "\x01", "a", "\x05", "d")).toEqual({ text: "abcd", cursor: 4 });
});

test("keys delete whole characters and words", () => {
  expect(typed("ae\u0301", "\x7f")).toEqual({ text: "a", cursor: 1 });
  expect(typed("👩‍👩‍👧x", "\x1b[D", "\x7f")).toEqual({ text: "x", cursor: 0 });
  expect(typed("ab", "\x01", "\x1b[3~")).toEqual({ text: "b", cursor: 0 });
  expect(typed("one two ", "\x17")).toEqual({ text: "one ", cursor: 4 });
  expect(typed("one two", "\x15")).toEqual(EMPTY_LINE);
});

test("enter gives the text, and begins a new line", () => {
  expect(typeInto(typed("do it"), "\r")).toEqual({ line: EMPTY_LINE, entered: ["do it"] });
  expect(typeInto(EMPTY_LINE, "one\rtwo\r\nthr")).toEqual({
    line: { text: "thr", cursor: 3 },
    entered: ["one", "two"],
  });
});

test.each([
  [["\x1b[200~one\rtwo\r\n\tthree\x07\x1b[201~!"]],
  [["\x1b[20", "0~one\rtwo\n\tthr", "ee\x1b[2", "01", "~", "!"]],
])("what a terminal says was pasted is one line, however it comes: %j", (keys) => {
  const line = typed(...keys);
  expect(line).toEqual({ text: "one\ntwo\n\tthree!", cursor: 15 });
  expect(typeInto(line, "\r").entered).toEqual(["one\ntwo\n\tthree!"]);
});

test("no other sequence or control character becomes text", () => {
  expect(typed("a", "\x1b[A\x1b[5;2~\x1bOP", "\x00\x07", "b")).toEqual({ text: "ab", cursor: 2 });
});

test("a line has an end", () => {
  expect(typed("x".repeat(70_000), "\x1b[D", "y").text).toHaveLength(65_536);
});
