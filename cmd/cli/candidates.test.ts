import { expect, test } from "vitest";
import { COMMANDS } from "../table.ts";
import { candidates, commandOf } from "./candidates.ts";

async function offered(...words: string[]): Promise<string[] | string> {
  const entry = commandOf(words, COMMANDS);
  const wanted = candidates(words, COMMANDS, entry && (await entry.load()).default);
  if (wanted.kind === "words") return wanted.candidates.map(({ word }) => word);
  return `${wanted.kind} ${wanted.prefix}`;
}

test.each([
  [["pus"], ["push-task"]],
  [["--output", "t"], ["table"]],
  [["--output", "table", "list-t"], ["list-tasks"]],
  [["-z", "push-task", "list-t"], ["list-tasks"]],
  [["push-task", "--pri"], ["--priority"]],
  [["poll-task", "--chain"], ["--chain-id"]],
  [["push-task", "--link", "re"], ["review"]],
  [["push-task", "--link=re"], ["--link=review"]],
  [["push-task", "--link", "=", "re"], ["review"]],
  [["push-task", "--link", "="], ["plan", "build", "verify", "review", "accept"]],
  [["push-task", "--title", "pu"], []],
  [["push-task", "--priority", ""], []],
  [["completions", ""], ["bash", "zsh", "fish"]],
  [["help", "set-"], ["set-context"]],
  [["nonsense", "--ver"], ["--version", "--verbose"]],
])("%j offers %j", async (words, expected) => {
  expect([...await offered(...words)].sort()).toEqual([...expected].sort());
});

test.each([
  [["task-show", "--task-id", "task-0"], "task task-0"],
  [["send-message", "--to-name", ""], "member "],
  [["push-task", "--file", "x"], "file x"],
  [["register", "--work-dir", ""], "directory "],
  [["logs", "task-"], "task task-"],
  [["-i", ""], "member "],
])("%j looks up %s", async (words, expected) => {
  expect(await offered(...words)).toBe(expected);
});

test("hidden commands are not offered", async () => {
  expect(await offered("__")).toEqual([]);
});
