import { expect, test } from "vitest";
import { type Line, LineSplitter } from "./line_splitter.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const line = (text: string): Line => ({ type: "line", text });

test("lines are the same however the stream is cut, inside characters too", () => {
  const text = 'eins\r\nzwei €\n\n{"emoji":"👩‍💻"}\nlast';
  const whole = bytes(text);
  const expected = ["eins", "zwei €", "", '{"emoji":"👩‍💻"}', "last"].map(line);
  for (let size = 1; size <= whole.length; size++) {
    const splitter = new LineSplitter(1000);
    const lines: Line[] = [];
    for (let at = 0; at < whole.length; at += size) {
      lines.push(...splitter.push(whole.slice(at, at + size)));
    }
    expect([...lines, ...splitter.end()]).toEqual(expected);
  }
});

test("a stream that ends with a newline has no line after it", () => {
  const splitter = new LineSplitter(10);
  expect(splitter.push(bytes("a\n"))).toEqual([line("a")]);
  expect(splitter.end()).toEqual([]);
});

test("a line over the limit is dropped with its size, and the next one is whole", () => {
  const splitter = new LineSplitter(4);
  expect(splitter.push(bytes("abc"))).toEqual([]);
  expect(splitter.push(bytes("def"))).toEqual([]);
  expect(splitter.push(bytes("g\nok\n1234\n12345"))).toEqual([
    { type: "oversized", bytes: 7 },
    line("ok"),
    line("1234"),
  ]);
  expect(splitter.end()).toEqual([{ type: "oversized", bytes: 5 }]);
});
