import { expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";

const text = (value: string) => new TextEncoder().encode(value);
const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);

test.each<[string, Uint8Array, number]>([
  ["nothing", new Uint8Array(), 0],
  ["the digits", text("123456789"), 0xe3069283],
  ["32 bytes of 0", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of 255", new Uint8Array(32).fill(255), 0x62a8ab43],
  ["32 ascending bytes", ascending, 0x46dd794e],
  ["32 descending bytes", ascending.toReversed(), 0x113fdb5c],
])("the checksum of %s is that of RFC 3720", (_what, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
});

test("bytes in two parts have the checksum of the whole, wherever they are cut", () => {
  const whole = text("a log is a file that only grows");
  for (let cut = 0; cut <= whole.length; cut++) {
    expect(crc32c(whole.subarray(cut), crc32c(whole.subarray(0, cut)))).toBe(crc32c(whole));
  }
});
