import { expect, test } from "vitest";
import { idle, LOOKS, NOW } from "../../tests/support/boards.ts";
import { drawScreen, type Prompt } from "./view.ts";

/** The line that is being typed on a screen of 40 columns, and the column of the cursor. */
function drawn(prompt: Prompt): [line: string, column: number | undefined] {
  const { rows, cursor } = drawScreen(idle, { columns: 40, rows: 24 }, NOW, LOOKS, prompt);
  const line = (rows[22] ?? []).map((cell) => cell?.text ?? "").join("").trimEnd();
  return [line, cursor?.column];
}

const at = (text: string, cursor = text.length): Prompt => ({ text, cursor });

test("an empty line says what it is for", () => {
  expect(drawn(at(""))).toEqual(["> What is wanted? Enter submits it", 2]);
});

test("the cursor stands where the next character comes, over wide ones too", () => {
  expect(drawn(at("add 挨拶"))).toEqual(["> add 挨拶", 10]);
  expect(drawn(at("add 挨拶", 5))).toEqual(["> add 挨拶", 8]);
});

test("line feeds of what was pasted are seen", () => {
  expect(drawn(at("one\ntwo"))).toEqual(["> one↵two", 9]);
});

test("of a long line the part around the cursor is shown, however long it is", () => {
  const long = "0123456789".repeat(6_500);
  const [end, column] = drawn(at(long));
  expect(end).toBe(`> ${long.slice(-37)}`);
  expect(column).toBe(39);
  expect(drawn(at(long, 0))).toEqual([`> ${long.slice(0, 38)}`, 2]);
  expect(drawn(at(long, 30_000))[0]).toBe(`> ${long.slice(30_000 - 37, 30_001)}`);
});

test("what went wrong stands in its place, until somebody types", () => {
  const note = { text: "Cannot submit it: nobody answers", isProblem: true };
  expect(drawn({ ...at("say hello"), note }))
    .toEqual(["> Cannot submit it: nobody answers", 2]);
});
