import { expect, test } from "vitest";
import { deviceRandom } from "./device_random.ts";
import { systemRandom } from "./system_random.ts";

test.each([
  ["the runtime", systemRandom],
  ["the device", deviceRandom],
])("id() of %s gives 128 bits in lower-case hexadecimal, another each time", (_name, random) => {
  const ids = Array.from({ length: 100 }, () => random.id());
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(100);
});
