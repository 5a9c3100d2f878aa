import { expect, test } from "vitest";
import { TypedLine } from "./typed_line.ts";

/** A line whose requirements come to nothing, or to something, when the test says so. */
function lineOf() {
  const line = new TypedLine();
  const entered: { text: string; take: () => void; refuse: (why: string) => void }[] = [];
  line.onEntered = (text) =>
    new Promise((resolve, reject) => {
      entered.push({ text, take: resolve, refuse: (why) => reject(new Error(why)) });
    });
  return { line, entered, type: line.typing.onTyped, shown: () => line.typing.prompt() };
}

/** Whatever was settled has told so. */
const told = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

test("each Enter submits what was typed, and says so until it is taken", async () => {
  const { line, entered, type, shown } = lineOf();
  expect(line.isUsed).toBe(false);
  type("say hello\r \r");
  expect(entered.map(({ text }) => text)).toEqual(["say hello"]);
  expect(shown()).toMatchObject({ text: "", note: { text: "Submitting it …", isProblem: false } });
  type("mo");
  expect(shown()?.note).toBeUndefined();
  type("\x15");
  entered[0]?.take();
  await told();
  expect(shown()?.note).toBeUndefined();
  expect(line.isUsed).toBe(true);
});

test("what is not taken is given back, with the reason until somebody types", async () => {
  const { entered, type, shown } = lineOf();
  type("say hello\r");
  entered[0]?.refuse("it is too large");
  await told();
  const problem = { text: "Cannot submit it: it is too large", isProblem: true };
  expect(shown()).toMatchObject({ text: "say hello", note: problem });
  type("!");
  expect(shown()).toMatchObject({ text: "say hello!", note: undefined });
});

test("once it is closed it takes nothing, and says why", () => {
  const { line, entered, type, shown } = lineOf();
  type("half");
  line.close();
  type(" of it\r");
  expect(entered).toEqual([]);
  expect(shown()).toMatchObject({ text: "", note: { text: "The team leaves …" } });
});
