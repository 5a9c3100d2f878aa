import { expect, test } from "vitest";
import { OutputEnd } from "./output_end.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([["one"], ["one", "two"], ["a", "b", "c", "d", "e", "f", "g", "h", "i"], [
  "0123456789ab",
]])(
  "of %j and what follows, the last bytes are kept and all are counted",
  (...chunks) => {
    const end = new OutputEnd(8);
    for (const chunk of chunks) end.add(bytes(chunk));
    const all = chunks.join("");
    expect([end.text(), end.bytes]).toEqual([all.slice(-8), all.length]);
  },
);

test("what is left out takes no memory: 100 MB in pieces leave 8 bytes", () => {
  const end = new OutputEnd(8);
  const piece = new Uint8Array(1024 * 1024).fill(120);
  for (let count = 0; count < 100; count++) end.add(piece);
  expect([end.text(), end.bytes]).toEqual(["x".repeat(8), 100 * 1024 * 1024]);
});
