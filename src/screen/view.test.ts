import { expect, test } from "vitest";
import * as boards from "../../tests/support/boards.ts";
import { pictureOf } from "../../tests/support/pictures.ts";
import { drawScreen } from "./view.ts";

const { LOOKS, NOW } = boards;
const TEAMS = {
  empty: boards.empty,
  idle: boards.idle,
  busy: boards.busy,
  feedback: boards.feedback,
  lost: boards.lost,
  standby: boards.standby,
  hostile: boards.hostile,
};
const SIZES = [[40, 12], [80, 24], [120, 40], [200, 60]] as const;

const cases = Object.entries(TEAMS).flatMap(([name, board]) =>
  SIZES.map(([columns, rows]) => ({ name, board, columns, rows }))
);

test.each(cases)("$name at $columns×$rows looks like its picture", async (each) => {
  const { name, board, columns, rows } = each;
  const picture = pictureOf(drawScreen(board, { columns, rows }, NOW, LOOKS));
  await expect(picture).toMatchFileSnapshot(
    `../../tests/pictures/${name}-${columns}x${rows}.txt`,
  );
});

test("a terminal without UTF-8 gets ASCII alone, with the same words", async () => {
  const looks = { ...LOOKS, unicode: false };
  const picture = pictureOf(drawScreen(boards.feedback, { columns: 80, rows: 24 }, NOW, looks));
  expect(picture).toMatch(/^[\x20-\x7e\n]*$/);
  await expect(picture).toMatchFileSnapshot("../../tests/pictures/feedback-80x24-ascii.txt");
});

test("under the least size it says so, in whatever room there is", () => {
  const picture = pictureOf(drawScreen(boards.busy, { columns: 30, rows: 8 }, NOW, LOOKS));
  expect(picture.split("\n").slice(0, 3)).toEqual([
    "Too small: 30x8",
    "Needs 40x12",
    "Ctrl+C to stop",
  ]);
  for (
    const size of [{ columns: 1, rows: 1 }, { columns: 39, rows: 12 }, { columns: 200, rows: 3 }]
  ) {
    expect(drawScreen(boards.busy, size, NOW, LOOKS).rows).toHaveLength(size.rows);
  }
});

test("every team fills every size exactly, and no cell could act on a terminal", () => {
  const active = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
  const wrong: string[] = [];
  for (const [name, board] of Object.entries(TEAMS)) {
    for (let columns = 38; columns < 230; columns += 11) {
      for (let rows = 11; rows < 70; rows += 13) {
        const frame = drawScreen(board, { columns, rows }, NOW, LOOKS);
        const isFull = frame.rows.length === rows &&
          frame.rows.every((row) => row.length === columns);
        const text = frame.rows.flat().map((cell) => cell?.text ?? "").join("");
        if (!isFull || active.test(text)) wrong.push(`${name} at ${columns}×${rows}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("counts of all states and the way out are there at every size", () => {
  const counts = {
    ...boards.busy.tasks.counts,
    pending: 9_812,
    in_progress: 200,
    completed: 1_720,
  };
  const board = { ...boards.busy, tasks: { ...boards.busy.tasks, counts } };
  for (const [columns, rows] of SIZES) {
    const picture = pictureOf(drawScreen(board, { columns, rows }, NOW, LOOKS));
    expect(picture).toMatch(/… 9(812|\.8k) pending {2}● 200 (in progress|active)/);
    expect(picture).toMatch(/! 1 blocked {2}✗ 1 failed {2}✓ 1(720|\.7k) done/);
    expect(picture).toMatch(/Ctrl\+C to stop$/);
  }
});

test("of two hundred members those at work are shown first, and how many more there are", () => {
  const members = Array.from(
    { length: 200 },
    (_, at) =>
      boards.member({ name: `w${String(at).padStart(3, "0")}`, role: "builder", busy: at > 195 }),
  );
  const picture = pictureOf(
    drawScreen({ ...boards.idle, members }, { columns: 80, rows: 24 }, NOW, LOOKS),
  );
  expect(picture).toMatch(/^Team ─+ \+186 more {2}● 4 at work {2}○ 196 idle$/m);
  expect(picture).toMatch(/● w196/);
});

test("the same moment within a second draws the same, and says when it will not", () => {
  const size = { columns: 80, rows: 24 };
  const early = drawScreen(boards.busy, size, NOW, LOOKS);
  const late = drawScreen(boards.busy, size, NOW + 900, LOOKS);
  expect(pictureOf(late)).toBe(pictureOf(early));
  expect([early.validMs, late.validMs]).toEqual([1_000, 100]);
  expect(pictureOf(drawScreen(boards.busy, size, NOW + 1_000, LOOKS))).not.toBe(pictureOf(early));
});

test("a team where nothing ticks is drawn again only when a minute is full", () => {
  const size = { columns: 80, rows: 24 };
  const { validMs } = drawScreen(boards.idle, size, NOW, LOOKS);
  expect(validMs).toBeGreaterThan(1_000);
  expect(pictureOf(drawScreen(boards.idle, size, NOW + validMs - 1, LOOKS))).toBe(
    pictureOf(drawScreen(boards.idle, size, NOW, LOOKS)),
  );
});

test("a line that is typed stands above the last one, with the cursor in sight", () => {
  const size = { columns: 40, rows: 12 };
  const draw = (text: string, cursor: number) =>
    drawScreen(boards.busy, size, NOW, LOOKS, { text, cursor });
  const short = draw("Add 漢字 now", 6);
  expect(pictureOf(short).split("\n").at(-2)).toBe("> Add 漢字 now");
  expect(short.cursor).toEqual({ row: 10, column: 10 });
  const long = draw("x".repeat(100), 100);
  expect(long.cursor).toEqual({ row: 10, column: 39 });
});
