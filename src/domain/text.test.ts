import { expect, test } from "vitest";
import { requireFits, truncateUtf8, utf8Bytes } from "./text.ts";

test("utf8Bytes counts bytes, and three for a lone surrogate", () => {
  expect(["a", "é", "€", "😀", "\ud800", "a\udc00b"].map(utf8Bytes)).toEqual([1, 2, 3, 4, 3, 5]);
});

test.each([
  ["abc", 3, "abc"],
  ["abc", 2, "ab"],
  ["é".repeat(3), 5, "éé"],
  ["😀😀", 7, "😀"],
  ["", 0, ""],
])("truncateUtf8 of %j to %i bytes is %j", (text, bytes, kept) => {
  expect(truncateUtf8(text, bytes)).toBe(kept);
});

test("requireFits lets the limit pass, and says limit and size beyond it", () => {
  expect(() => requireFits("Text", "€".repeat(4), 12)).not.toThrow();
  expect(() => requireFits("Text", "€".repeat(4), 11)).toThrow(
    expect.objectContaining({ code: "TOO_LARGE", details: { bytes: 12, limit: 11 } }),
  );
});
