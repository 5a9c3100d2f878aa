import { describe, expect, test } from "vitest";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";
import type { OptionSpecs } from "./options.ts";
import { checkPositionals, findCommand, parseOptions, requireOptions } from "./parse.ts";

const SPECS = {
  content: { type: "text", placeholder: "text", help: "", required: true },
  to: { type: "list", placeholder: "id", help: "" },
  evidence: { type: "pairs", placeholder: "k=v", help: "" },
  priority: { type: "integer", min: 0, max: 3, placeholder: "n", help: "" },
  wait: { type: "duration", placeholder: "d", help: "" },
  at: { type: "moment", placeholder: "t", help: "" },
  link: { type: "text", placeholder: "l", choices: ["plan", "build"], help: "" },
  force: { type: "flag", short: "f", help: "" },
  zookeeper: { type: "text", short: "z", placeholder: "hosts", help: "" },
} as const satisfies OptionSpecs;

const values = (...args: string[]) => parseOptions(args, SPECS).values;

function refusal(act: () => unknown): OrchestratorError {
  try {
    act();
  } catch (error) {
    if (error instanceof OrchestratorError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("findCommand()", () => {
  test.each([
    [["push-task", "--title", "x"], "push-task", ["--title", "x"]],
    [["-z", "zk:2181", "push-task"], "push-task", ["-z", "zk:2181"]],
    [["-zzk:2181", "-q", "push-task", "a"], "push-task", ["-zzk:2181", "-q", "a"]],
    [["--output=table", "list-tasks", "list-tasks"], "list-tasks", [
      "--output=table",
      "list-tasks",
    ]],
    [["--version"], undefined, ["--version"]],
    [[], undefined, []],
  ])("%j is the command %s", (argv, name, args) => {
    expect(findCommand(argv, GLOBAL_OPTIONS)).toEqual({ name, args });
  });

  test("an unknown option before the command is refused, not skipped", () => {
    const error = refusal(() => findCommand(["--zokeeper", "x", "push-task"], GLOBAL_OPTIONS));
    expect(error).toMatchObject({ code: "USAGE", hint: 'Did you mean "--zookeeper"?' });
  });
});

describe("parseOptions()", () => {
  test.each([
    "-q",
    "--help",
    "--- a/file\n+++ b/file",
    "-",
    "--",
    "",
    "$(rm -rf /) `id` $& {{name}}",
    "日本語 🚀",
    "a=b,c",
  ])("the argument after an option is its value, whatever it looks like: %j", (text) => {
    expect(values("--content", text)["content"]).toBe(text);
    expect(values(`--content=${text}`)["content"]).toBe(text);
  });

  test("a list is repeated, split at commas, trimmed, and without blanks", () => {
    expect(values("--to", "a", "--to", "b, c,,", "--to=d")["to"]).toEqual(["a", "b", "c", "d"]);
  });

  test("pairs split at the first equals sign only", () => {
    expect(values("--evidence", "a=1=2", "--evidence", "b=")["evidence"])
      .toEqual({ a: "1=2", b: "" });
  });

  test("what is not given is false, empty or undefined", () => {
    expect(values()).toEqual({
      content: undefined,
      to: [],
      evidence: {},
      priority: undefined,
      wait: undefined,
      at: undefined,
      link: undefined,
      force: false,
      zookeeper: undefined,
    });
  });

  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["30", 30_000],
    ["0.5", 500],
  ])("the duration %s is %i ms", (text, ms) => {
    expect(values("--wait", text)["wait"]).toBe(ms);
  });

  test("short options stand alone, in groups and before their value", () => {
    expect(values("-f", "-z", "h")).toMatchObject({ force: true, zookeeper: "h" });
    expect(values("-fzh:1")).toMatchObject({ force: true, zookeeper: "h:1" });
  });

  test("after -- everything is positional", () => {
    expect(parseOptions(["-f", "--", "--content", "-x"], SPECS).positionals)
      .toEqual(["--content", "-x"]);
  });

  test.each([
    [["--contnt", "x"], 'Unknown option "--contnt"'],
    [["-x"], 'Unknown option "-x"'],
    [["--constructor", "x"], 'Unknown option "--constructor"'],
    [["--content"], 'Option "--content" needs a value: --content <text>'],
    [["--content", "a", "--content", "b"], 'Option "--content" is given twice'],
    [["--force=yes"], 'Option "--force" takes no value'],
    [["--priority", "4"], 'Option "--priority" must be a whole number, 0 to 3, not "4"'],
    [["--priority", "1e0"], 'Option "--priority" must be a whole number, 0 to 3, not "1e0"'],
    [["--priority", ""], 'Option "--priority" must be a whole number, 0 to 3, not ""'],
    [["--wait", "5 parsecs"], "such as 500ms, 30s or 5m"],
    [["--wait", "99999d"], "such as 500ms, 30s or 5m"],
    [["--at", "tomorrow"], 'Option "--at" must be a time'],
    [["--at", "2026-13-40T00:00:00Z"], 'Option "--at" must be a time'],
    [["--link", "bild"], 'Option "--link" must be one of plan, build, not "bild"'],
    [["--evidence", "x"], 'Option "--evidence" must be key=value, not "x"'],
  ])("%j is refused", (args, message) => {
    const error = refusal(() => parseOptions(args, SPECS));
    expect(error.code).toBe("USAGE");
    expect(error.message).toContain(message);
  });

  test("a wrong choice comes with what may have been meant", () => {
    expect(refusal(() => values("--link", "bild")).details).toMatchObject({
      suggestions: ["build"],
    });
  });

  test("a long wrong value is cut in the message", () => {
    const { message } = refusal(() => values("--priority", "9".repeat(500)));
    expect(message.length).toBeLessThan(200);
  });
});

test("requireOptions() names all that is missing; an empty text is given", () => {
  expect(refusal(() => requireOptions(SPECS, values())).message).toBe("Missing option --content");
  expect(() => requireOptions(SPECS, values("--content", ""))).not.toThrow();
});

describe("checkPositionals()", () => {
  const declared = [
    { name: "shell", help: "", choices: ["bash", "zsh"] },
    { name: "path", help: "", optional: true },
  ];
  test("takes what is declared", () => {
    expect(() => checkPositionals(["bash", "x"], declared)).not.toThrow();
    expect(() => checkPositionals(["a", "b"], [{ name: "w", help: "", rest: true }])).not.toThrow();
  });
  test.each([
    [[], "Missing argument <shell>"],
    [["bsh"], 'Argument <shell> must be one of bash, zsh, not "bsh"'],
    [["zsh", "a", "b"], 'Unexpected argument "b"'],
  ])("%j is refused", (given, message) => {
    expect(refusal(() => checkPositionals(given, declared)).message).toBe(message);
  });
});
