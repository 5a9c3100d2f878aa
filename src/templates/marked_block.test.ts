import { expect, test } from "vitest";
import { asBlock, BLOCK_BEGIN, BLOCK_END, withBlock, withoutMarks } from "./marked_block.ts";

test("a block is replaced, and what is around it stays as it was", () => {
  const before = `# Mine\n\n${asBlock("old\nlines")}\nMine too, $& and $1\n`;
  const after = `# Mine\n\n${asBlock("new $& text")}\nMine too, $& and $1\n`;
  expect(withBlock(before, "new $& text\n")).toBe(after);
  expect(withBlock(after, "new $& text")).toBe(after);
});

test("the two lines alone are a block to be filled, also in a file with CRLF", () => {
  expect(withBlock(`a\n${BLOCK_BEGIN}\n${BLOCK_END}`, "x")).toBe(
    `a\n${BLOCK_BEGIN}\nx\n${BLOCK_END}`,
  );
  expect(withBlock(`a\r\n${BLOCK_BEGIN}\r\n${BLOCK_END}\r\nb`, "x\ny")).toBe(
    `a\r\n${BLOCK_BEGIN}\r\nx\r\ny\r\n${BLOCK_END}\r\nb`,
  );
});

test.each([
  ["no block", "mine"],
  ["no end", `${BLOCK_BEGIN}\nmine`],
  ["no beginning", `mine\n${BLOCK_END}\n`],
  ["the wrong order", `${BLOCK_END}\n${BLOCK_BEGIN}\n`],
  ["two blocks", asBlock("a") + asBlock("b")],
  ["marks within a line", `see ${BLOCK_BEGIN} and ${BLOCK_END}`],
])("with %s nothing in it is ours", (_, present) => {
  expect(withBlock(present, "x")).toBeNull();
});

test("without its marks, a text is what somebody is to read", () => {
  expect(withoutMarks(asBlock("a\nb")).trim()).toBe("a\nb");
});
