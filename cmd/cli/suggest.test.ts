import { expect, test } from "vitest";
import { COMMANDS } from "../table.ts";
import { suggest } from "./suggest.ts";

const NAMES = COMMANDS.filter((each) => !each.hidden)
  .flatMap((each) => [each.name, ...(each.aliases ?? [])]);

test.each([
  ["push-tsk", "push-task"],
  ["psuh-task", "push-task"],
  ["task-push", "push-task"],
  ["list-task", "list-tasks"],
  ["message-poll", "poll-message"],
  ["Claim-Task", "claim-task"],
  ["stats", "status"],
  ["regis", "register"],
  ["get-contxt", "get-context"],
])("%s may have meant %s", (word, meant) => {
  expect(suggest(word, NAMES)[0]).toBe(meant);
});

test.each(["frobnicate", "x", "kubectl"])("%s is like nothing there is", (word) => {
  expect(suggest(word, NAMES)).toEqual([]);
});
