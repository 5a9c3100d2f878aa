import { expect, test } from "vitest";
import { terminalLine, terminalText } from "./terminal_text.ts";

test.each([
  ["colours", "\x1b[31mred\x1b[0m", "red"],
  ["a cleared screen", "\x1b[2J\x1b[Htop", "top"],
  ["a title, ended by BEL", "\x1b]0;owned\x07text", "text"],
  ["a link, ended by ST", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"],
  ["a device control string", "\x1bPq#0\x1b\\after", "after"],
  ["8-bit sequences", "\x9b31mred\x9d0;title\x9ctext", "redtext"],
  ["a reset", "\x1bcclean", "clean"],
  ["bell, backspace, null", "a\x07b\x08c\0d\x7f", "abcd"],
  ["a line drawn over", "good\rbad", "good\nbad"],
  ["reversed text", "abc\u202egpj.exe", "abcgpj.exe"],
  ["isolates and separators", "a\u2066b\u2069\u2028c", "abc"],
])("%s", (_what, text, expected) => expect(terminalText(text)).toBe(expected));

test("plain text stays, in any script, with its lines and tabs", () => {
  const text = "a\tb\nnaïve 日本語 👩‍💻 عربى";
  expect(terminalText(text)).toBe(text);
});

test("an unfinished sequence leaves nothing that could act", () => {
  for (const text of ["\x1b", "\x1b[", "\x1b[3", "\x1b]0;title", "\x1bP", "\x9b1"]) {
    // deno-lint-ignore no-control-regex
    expect(terminalText(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  }
});

test("a line is one line, cut by characters and not inside them", () => {
  expect(terminalLine(" a\n\n b ")).toBe("a b");
  expect(terminalLine("👩👩👩👩", 3)).toBe("👩👩…");
});
