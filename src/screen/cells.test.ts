import { expect, test } from "vitest";
import {
  called,
  cellsOf,
  clipped,
  cut,
  cutStart,
  fitted,
  lineWidth,
  span,
  spread,
  widthOf,
} from "./cells.ts";

test.each([
  ["abc", 3],
  ["漢字", 4],
  ["é", 1],
  ["e\u0301", 1],
  ["👩‍👩‍👧‍👦", 2],
  ["🇩🇪", 2],
  ["a\u200bb", 2],
  ["● ✓ ✗ … ★ ◇", 11],
])("%s takes %i columns", (text, width) => expect(widthOf(text)).toBe(width));

test.each([
  ["abcdef", 4, "abc…"],
  ["abcd", 4, "abcd"],
  ["漢字漢字", 5, "漢字…"],
  ["漢字漢字", 4, "漢…"],
  ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3, "👩‍👩‍👧‍👦…"],
  ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
  ["\x1b[31mred\x1b[0m\r\nline\x07", 20, "red line"],
  ["abc", 0, ""],
  ["abc", 1, "…"],
])("%j in %i columns is %j", (text, width, shown) => expect(cut(text, width)).toBe(shown));

test("the end of a path stays", () => {
  expect(cutStart("/home/ada/sessions", 10)).toBe("…/sessions");
  expect(cutStart("/a", 10)).toBe("/a");
  expect(cutStart("/home/ada", 0)).toBe("");
});

test("a text is filled to its width on either side, by columns and not by characters", () => {
  expect(fitted("漢字", 6)).toBe("漢字  ");
  expect(fitted("12s", 6, { align: "right" })).toBe("   12s");
  expect(fitted("漢字漢字", 6)).toBe("漢字… ");
});

test("who has a name that cannot be seen is called by the id", () => {
  expect(called("Bob", "b-1")).toBe("Bob");
  expect(called("\u200b\u200b\x1b[2J", "b-1")).toBe("b-1");
});

test("a row has one entry a column; what could act on a terminal is not among them", () => {
  const row = cellsOf([span("a漢\x1b[2J\x07\u202e\u200bb")], 8, true);
  expect(row.map((cell) => cell?.text ?? null)).toEqual(["a", "漢", null, "[", "2", "J", "b", " "]);
});

test("a wide character that would be cut in half is left out", () => {
  expect(cellsOf([span("a漢")], 2, true).map((cell) => cell?.text)).toEqual(["a", " "]);
});

test("without UTF-8, what is not ASCII is a question mark a column", () => {
  expect(cellsOf([span("é漢x")], 4, false).map((cell) => cell?.text).join("")).toBe("???x");
});

test("one grapheme is no longer than the longest emoji", () => {
  const [cell] = cellsOf([span(`z${"\u0321".repeat(500)}`)], 4, true);
  expect(cell?.text.length).toBeLessThan(15);
});

test("a line gives way to what stands at its end", () => {
  const line = spread([span("a long text", "strong")], [span("end")], 10);
  expect(line.map(({ text }) => text).join("")).toBe("a lon… end");
  expect(lineWidth(clipped([span("ab"), span("cdef")], 4))).toBe(4);
});
