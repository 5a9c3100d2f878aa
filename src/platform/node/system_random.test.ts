import { expect, test } from "vitest";
import { systemRandom } from "./system_random.ts";

test("id() gives 128 bits in lower-case hexadecimal, another each time", () => {
  const ids = Array.from({ length: 100 }, () => systemRandom.id());
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(100);
});
