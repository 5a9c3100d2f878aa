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
  expect(typeInto(typed("do it"), "\r")).toEqual({ line: EMPTY_LINE, entered: "do it" });
  expect(typeInto(EMPTY_LINE, "pasted\nlines").entered).toBe("pasted");
});

test("no other sequence or control character becomes text", () => {
  expect(typed("a", "\x1b[A\x1b[5;2~\x1bOP", "\x00\x07", "b")).toEqual({ text: "ab", cursor: 2 });
});

test("a line has an end", () => {
  expect(typed("x".repeat(10_000)).text).toHaveLength(4_000);
});
