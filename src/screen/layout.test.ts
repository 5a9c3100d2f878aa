import { expect, test } from "vitest";
import { layoutOf, shares } from "./layout.ts";
import type { Panel } from "./panel.ts";

const panel = (least: number, most: number, weight = 1): Panel => ({
  least,
  most,
  weight,
  draw: () => [],
});

test("each panel gets its least first, in their order", () => {
  expect(shares([panel(3, 9), panel(3, 9), panel(2, 9)], 7)).toEqual([3, 3, 1]);
});

test("what is left goes by weight, to whoever has something to say", () => {
  expect(shares([panel(1, 100, 2), panel(1, 100, 1)], 30)).toEqual([20, 10]);
  expect(shares([panel(1, 4, 2), panel(1, 100, 1)], 30)).toEqual([4, 26]);
});

test("nobody gets more than it can use", () => {
  expect(shares([panel(1, 2), panel(1, 3)], 30)).toEqual([2, 3]);
});

test("the layout is a function of the size", () => {
  expect(layoutOf({ columns: 80, rows: 24 }, 2)).toEqual({
    isTooSmall: false,
    widths: [80],
    gutter: 0,
    rows: 22,
    gap: 0,
  });
  const wide = layoutOf({ columns: 200, rows: 60 }, 2);
  expect(wide.widths[0] + wide.gutter + (wide.widths[1] ?? 0)).toBe(200);
  expect(wide.gap).toBe(1);
  expect(layoutOf({ columns: 39, rows: 50 }, 2).isTooSmall).toBe(true);
  expect(layoutOf({ columns: 90, rows: 11 }, 2).isTooSmall).toBe(true);
});
