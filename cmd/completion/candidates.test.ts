import { expect, test } from "vitest";
import { COMMANDS } from "../table.ts";
import { candidates, commandOf, givenGlobal } from "./candidates.ts";

async function wanted(...words: string[]) {
  const entry = commandOf(words, COMMANDS);
  return candidates(words, COMMANDS, entry && (await entry.load()).default);
}

async function offered(...words: string[]): Promise<string[] | string> {
  const found = await wanted(...words);
  if (found.kind === "words") return found.candidates.map(({ word }) => word);
  return `${found.kind} ${found.before}|${found.prefix}`;
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
  [
    ["push-task", "--link="],
    ["plan", "build", "verify", "review", "accept"].map((each) => `--link=${each}`),
  ],
  [
    ["list-tasks", "--status", "pending,c"],
    ["claimed", "completed", "cancelled"].map((each) => `pending,${each}`),
  ],
  [["list-tasks", "--status=claimed,cl"], []],
  [["push-task", "--title", "pu"], []],
  [["push-task", "--priority", ""], ["0", "1", "2", "3"]],
  [["push-task", "--max-retries", ""], []],
  [["claim-task", "--wait", "--wa"], []],
  [["push-task", "--depends-on", "x", "--depends"], ["--depends-on"]],
  [["completions", ""], ["bash", "zsh", "fish", "powershell"]],
  [["completions", "zsh", ""], []],
  [["config", "--global", "s"], ["set"]],
  [["help", "set-"], ["set-context"]],
  [["nonsense", "--ver"], ["--version", "--verbose"]],
])("%j offers %j", async (words, expected) => {
  expect([...await offered(...words)].sort()).toEqual([...expected].sort());
});

test.each([
  [["task-show", "--task-id", "task-0"], "task |task-0"],
  [["task-show", "--task-id=task-0"], "task --task-id=|task-0"],
  [["push-task", "--depends-on", "task-1,ta"], "task task-1,|ta"],
  [["complete-task", "--task-id", ""], "held-task |"],
  [["send-message", "--to-name", ""], "member |"],
  [["push-task", "--file", "x"], "file |x"],
  [["push-task", "--file=my x"], "file --file=|my x"],
  [["register", "--work-dir", ""], "directory |"],
  [["logs", "task-"], "task-or-member |task-"],
  [["config", "get", "zoo"], "config-key |zoo"],
  [["-i", ""], "member |"],
])("%j looks up %s", async (words, expected) => {
  expect(await offered(...words)).toBe(expected);
});

test.each([
  ["claim-task", ["pending"]],
  ["task-retry", ["failed", "blocked"]],
  ["task-unblock", ["blocked"]],
  ["task-show", undefined],
])("%s is offered tasks that are %j", async (command, among) => {
  expect(await wanted(command, "--task-id", "")).toMatchObject({ kind: "task", among });
});

test.each([
  [["-i", "Jo", "task-show", ""], "Jo"],
  [["task-show", "--instance-id=Jo", ""], "Jo"],
  [["-i", "Jo", "-i", "Al", ""], "Al"],
  [["-i", ""], undefined],
])("in %j, %s acts", (words, expected) => {
  expect(givenGlobal(words, "instance-id")).toBe(expected);
});

test("hidden commands are not offered", async () => {
  expect(await offered("__")).toEqual([]);
});
