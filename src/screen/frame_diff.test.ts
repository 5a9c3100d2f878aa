import { expect, test } from "vitest";
import { SeededRandom } from "../platform/simulated/seeded_random.ts";
import * as boards from "../../tests/support/boards.ts";
import { PaperTerminal } from "../../tests/support/paper_terminal.ts";
import { cellsOf, type Row, span, type Style } from "./cells.ts";
import { frameDiff } from "./frame_diff.ts";
import { drawScreen, type Frame } from "./view.ts";

const COLOURS = { colours: true };
const SIZE = { columns: 80, rows: 24 };

const draw = (board: typeof boards.busy, now = boards.NOW) =>
  drawScreen(board, SIZE, now, boards.LOOKS);
const frame = (...lines: string[]): Frame => ({
  rows: lines.map((line) => cellsOf([span(line)], 20, true)),
  validMs: Infinity,
  cursor: null,
});

test("nothing is written where nothing has changed", () => {
  expect(frameDiff(draw(boards.busy), draw(boards.busy), COLOURS)).toBe("");
});

test("one cell that changes costs few bytes, within one synchronized update", () => {
  const bytes = frameDiff(frame("age 48s", "x"), frame("age 49s", "x"), COLOURS);
  expect(bytes).toBe("\x1b[?2026h\x1b[1;6H9\x1b[?2026l");
});

test("a second that passes costs a busy screen less than 200 bytes", () => {
  const bytes = frameDiff(draw(boards.busy), draw(boards.busy, boards.NOW + 1_000), COLOURS);
  expect(bytes.length).toBeLessThan(200);
  expect(bytes.length).toBeGreaterThan(16);
});

test("the screen is never cleared, only drawn over", () => {
  const [, ...sequences] = frameDiff(null, draw(boards.hostile), COLOURS).split("\x1b[");
  expect(sequences.length).toBeGreaterThan(10);
  expect(sequences.filter((sequence) => /^\d*J/.test(sequence))).toEqual([]);
});

test("without colours there is no colour, but the rest", () => {
  const bytes = frameDiff(null, draw(boards.feedback), { colours: false });
  // deno-lint-ignore no-control-regex
  const codes = [...bytes.matchAll(/\x1b\[([\d;]*)m/g)].flatMap(([, all = ""]) => all.split(";"));
  expect(new Set(codes)).toEqual(new Set(["0", "1", "2"]));
});

test("only the sixteen base colours are used, and never red against green", () => {
  const bytes = frameDiff(null, draw(boards.feedback), COLOURS);
  // deno-lint-ignore no-control-regex
  const codes = [...bytes.matchAll(/\x1b\[([\d;]*)m/g)].flatMap(([, all = ""]) => all.split(";"));
  expect([...new Set(codes)].sort()).toEqual(["0", "1", "2", "33", "34"]);
});

test("half of a wide character is never left behind", () => {
  const terminal = new PaperTerminal({ columns: 20, rows: 1 });
  const frames = [
    frame("漢字 abc"),
    frame("a字 abc"),
    frame("ab 漢bc"),
    frame("x漢字漢字"),
    frame(""),
  ];
  let shown: Frame | null = null;
  for (const next of frames) {
    terminal.write(frameDiff(shown, next, COLOURS));
    expect(terminal.text()).toBe(textOf(next));
    shown = next;
  }
});

test("a row with what terminals disagree on is written whole, each part at its own column", () => {
  const before = frame("👩‍👩‍👧‍👦 family   12s");
  const bytes = frameDiff(before, frame("👩‍👩‍👧‍👦 family   13s"), COLOURS);
  expect(bytes).toContain("\x1b[1;1H\x1b[2K👩‍👩‍👧‍👦\x1b[3G family   13s");
});

test("whatever came before, a terminal shows the next frame after its difference", () => {
  const random = new SeededRandom(7);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)] as T;
  const letters = ["a", "b", " ", " ", "漢", "字", "é", "👩‍👩‍👧‍👦", "●", "─", "م"];
  const styles: Style[] = ["plain", "faint", "running", "alert"];
  const line = (): Row =>
    cellsOf(
      Array.from({ length: 12 }, () =>
        span(Array.from({ length: 3 }, () => pick(letters)).join(""), pick(styles))),
      30,
      true,
    );
  const terminal = new PaperTerminal({ columns: 30, rows: 4 });
  let shown: Frame | null = null;
  for (let round = 0; round < 400; round++) {
    const keep = shown?.rows ?? [];
    const rows = Array.from(
      { length: 4 },
      (_, at) =>
        keep[at] !== undefined && random.next() < 0.5
          ? mixed(keep[at], line(), random.next())
          : line(),
    );
    const next: Frame = { rows, validMs: Infinity, cursor: null };
    terminal.write(frameDiff(shown, next, COLOURS));
    expect(terminal.text()).toBe(textOf(next));
    shown = next;
  }
});

test("the cursor is shown where somebody types, and hidden again", () => {
  const typing: Frame = { ...frame("> a"), cursor: { row: 0, column: 3 } };
  expect(frameDiff(frame("> a"), typing, COLOURS)).toContain("\x1b[1;4H\x1b[?25h");
  expect(frameDiff(typing, frame("> a"), COLOURS)).toContain("\x1b[?25l");
  expect(frameDiff(typing, typing, COLOURS)).toBe("");
});

/** The beginning of one row and the end of another; both have whole characters there. */
function mixed(a: Row, b: Row, part: number): Row {
  const at = Math.floor(part * a.length);
  return a[at] === null || b[at] === null ? a : [...a.slice(0, at), ...b.slice(at)];
}

function textOf({ rows }: Frame): string {
  return rows.map((row) => row.map((cell) => cell?.text ?? "").join("").trimEnd()).join("\n");
}
