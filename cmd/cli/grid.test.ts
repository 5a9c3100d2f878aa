import { expect, test } from "vitest";
import stringWidth from "string-width";
import { type Column, grid } from "./grid.ts";

type Row = { id: string; text: string };
const COLUMNS: readonly Column<Row>[] = [
  { title: "ID", cell: ({ id }) => id, min: 4 },
  { title: "TEXT", cell: ({ text }) => text, min: 8 },
];

test("columns are as wide as their widest cell, by what a terminal shows", () => {
  expect(grid([{ id: "日本", text: "wide" }, { id: "é👩‍👩‍👧", text: "joined" }], COLUMNS))
    .toEqual([
      "ID    TEXT",
      "日本  wide",
      "é👩‍👩‍👧   joined",
    ]);
});

test("a cell is one line of plain text", () => {
  const text = "a\nb\t\u001b[31mred\u001b[0m \u001b]0;title\u0007\u009b2Jx\u202ey";
  expect(grid([{ id: "1", text }], COLUMNS)[1]).toBe("1   a b red xy");
});

test("a table that is too wide is cut to the terminal, the widest column first", () => {
  const lines = grid([{ id: "task-1", text: "日本語のとても長い題名がここにある" }], COLUMNS, {
    width: 24,
  });
  expect(lines.map((line) => stringWidth(line)).every((width) => width <= 24)).toBe(true);
  expect(lines[1]).toBe("task-1  日本語のとても…");
});

test("columns keep their least width, also where the terminal is narrower", () => {
  expect(grid([{ id: "task-1", text: "abcdefghijkl" }], COLUMNS, { width: 5 })[1]).toBe(
    "tas…  abcdefg…",
  );
});

test("without rows there are the titles", () => {
  expect(grid([], COLUMNS, { width: 80 })).toEqual(["ID  TEXT"]);
});

test("colours stand beside the text, and take no room", () => {
  const columns = COLUMNS.map((column) => ({ ...column, style: () => "blue" as const }));
  expect(grid([{ id: "1", text: "x" }], columns, { colours: true })).toEqual([
    "\u001b[1mID\u001b[0m  \u001b[1mTEXT\u001b[0m",
    "\u001b[34m1\u001b[0m   \u001b[34mx\u001b[0m",
  ]);
  expect(grid([{ id: "1", text: "x" }], columns)[1]).toBe("1   x");
});
