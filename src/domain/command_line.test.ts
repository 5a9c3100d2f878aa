import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { joinCommand, splitCommand } from "./command_line.ts";

const LINES = [
  "claude --permission-mode acceptEdits",
  "  spaced \t out  ",
  "one 'two words' three",
  `a"b"'c' "d 'e' f" 'g "h" i'`,
  String.raw`a\ b "c\"d" "e\\f" "g\h" 'i\j' \'k`,
  String.raw`"\$HOME \${x}" '$HOME' \$x`,
  `'' "" x`,
];

test.each(LINES)("splits %j as a shell does", (line) => {
  const shell = execFileSync("sh", ["-c", `for word in ${line}; do printf '%s\\0' "$word"; done`], {
    encoding: "utf8",
  });
  expect(splitCommand(line)).toEqual({ ok: true, words: shell.split("\0").slice(0, -1) });
});

test.each(["a | b", "a; b", "a > b", "$HOME", "`x`", "*.ts", "~/x", "a && b"])(
  "%j is words, and nothing is expanded",
  (line) => {
    expect(splitCommand(line)).toEqual({ ok: true, words: line.split(" ") });
  },
);

test.each(["'open", '"open', "end\\"])("%j cannot be split", (line) => {
  expect(splitCommand(line).ok).toBe(false);
});

test.each([[["a", "b c", "", "d'e", "$f", 'g"h', "\\", "ü"]], [["claude", "-p"]]])(
  "joins %j so that it splits again",
  (words) => {
    expect(splitCommand(joinCommand(words))).toEqual({ ok: true, words });
  },
);
