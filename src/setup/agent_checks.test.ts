import { expect, test } from "vitest";
import type { CommandOutcome } from "../platform/processes.ts";
import { isClaudeCommand, whyAgentUnusable } from "./agent_checks.ts";

const ended = (stdout: string, exitCode = 0): CommandOutcome => ({
  kind: "ended",
  exitCode,
  stdout,
  stderr: "",
});
const GOOD: Readonly<Record<string, CommandOutcome>> = {
  "claude --version": ended("2.1.330 (Claude Code)\n"),
  "claude auth status": ended('{"loggedIn": true, "authMethod": "claude.ai"}'),
};

/** What is said of a command on a machine with these programs. */
function said(words: readonly string[], programs: Readonly<Record<string, CommandOutcome>> = GOOD) {
  const run = (argv: readonly string[]) =>
    Promise.resolve<CommandOutcome>(programs[argv.join(" ")] ?? { kind: "missing" });
  return whyAgentUnusable(words, run, { uid: 1000, env: {} });
}

test("an agent that is there and logged in can be used", async () => {
  expect(await said(["claude", "--permission-mode", "acceptEdits"])).toBe(null);
  expect(await said(["env", "A=1", "claude"])).toBe(null);
});

test("one that does not say whether it is logged in is tried", async () => {
  expect(await said(["claude"], { ...GOOD, "claude auth status": ended("?", 1) })).toBe(null);
});

test.each<[string, readonly string[], Record<string, CommandOutcome>, RegExp]>([
  ["missing", ["claude"], {}, /"claude" was not found/],
  ["broken", ["claude"], { "claude --version": ended("", 127) }, /does not work/],
  [
    "logged out",
    ["claude"],
    { ...GOOD, "claude auth status": ended('{"loggedIn": false}') },
    /not logged in/,
  ],
  ["asked for its version", ["claude", "--version"], GOOD, /run nothing/],
  ["some other program that is not there", ["codex", "exec"], {}, /"codex" was not found/],
])("one that is %s cannot, and it is said why", async (_what, words, programs, why) => {
  const found = await said(words, programs);
  expect(found?.message).toMatch(why);
  expect(found?.remedy).not.toBe(null);
});

test("Claude Code is known by its name, also behind env and with a path", () => {
  const commands = [["claude"], ["/opt/claude", "-p"], ["env", "A=1", "claude"], ["codex"], []];
  expect(commands.map(isClaudeCommand)).toEqual([true, true, true, false, false]);
});
