import { describe, expect, test } from "vitest";
import { segmentOf, textOf } from "./names.ts";

describe("segmentOf()", () => {
  test.each([
    ["plan", "plan"],
    [".", "%2E"],
    ["..", "%2E%2E"],
    ["...", "..."],
    ["a/b", "a%2Fb"],
    ["/", "%2F"],
    ["100 %", "100%20%25"],
    ["größe", "gr%C3%B6%C3%9Fe"],
    ["\0", "%00"],
    ["😀", "%F0%9F%98%80"],
  ])("stores %j as %j, and back", (text, segment) => {
    expect(segmentOf(text)).toBe(segment);
    expect(textOf(segment)).toBe(text);
  });

  test("takes 255 bytes as stored, and not one more", () => {
    expect(segmentOf("k".repeat(255))).toHaveLength(255);
    expect(segmentOf("ä".repeat(42))).toHaveLength(252);
    expect(() => segmentOf("k".repeat(256))).toThrow("Key is 256 bytes as stored");
    expect(() => segmentOf("ä".repeat(43))).toThrow("Key is 258 bytes as stored");
  });

  test("refuses what is no key", () => {
    expect(() => segmentOf("")).toThrow("Key must not be empty");
    expect(() => segmentOf("\ud800")).toThrow("Key must be valid Unicode text");
  });
});

test.each(["%", "%zz", "%2e", "a b", "%C3", "%61"])(
  "textOf() knows that %j was not made by segmentOf()",
  (segment) => expect(textOf(segment)).toBeNull(),
);
