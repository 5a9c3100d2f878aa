import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { drawScreen } from "../src/screen/view.ts";
import { signsOf } from "../src/screen/looks.ts";
import { busy, feedback, idle, LOOKS, lost, NOW } from "./support/boards.ts";
import { pictureOf } from "./support/pictures.ts";

const text = readFileSync("docs/leader-screen.md", "utf8");
const SIZE = { columns: 80, rows: 24 };

test("docs/leader-screen.md shows the screen as it is drawn", () => {
  const shown = [...text.matchAll(/```text\n([^]*?)\n```/g)].map((match) => match[1]);
  const drawn = [idle, busy, feedback, lost].map((board) =>
    pictureOf(drawScreen(board, SIZE, NOW, LOOKS))
  );
  expect(shown).toEqual(drawn);
});

test("docs/leader-screen.md explains every sign, as it is with UTF-8 and without", () => {
  const unicode = signsOf(LOOKS);
  const ascii = signsOf({ ...LOOKS, unicode: false });
  const explained = [...text.matchAll(/^\| `(.)` \| `(.)` \|/gm)].map(([, a, b]) => `${a} ${b}`);
  const { rule: _, ellipsis: __, dot: ___, ...signs } = unicode;
  const names = Object.keys(signs) as (keyof typeof signs)[];
  expect(explained.sort()).toEqual(names.map((name) => `${unicode[name]} ${ascii[name]}`).sort());
});
