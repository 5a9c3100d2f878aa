import { expect, test } from "vitest";
import { agentCommand } from "./command_line.ts";

const ADDED = ["-p", "--output-format", "stream-json", "--verbose"];

test("a claude command gets what its outcome is read by", () => {
  const command = agentCommand(["claude", "--model", "opus"]);
  expect(command).toEqual({
    kind: "claude",
    argv: ["claude", ...ADDED, "--model", "opus"],
    warnings: [],
  });
});

test.each([[["/opt/bin/claude"]], [["env", "A=1", "B=2", "claude"]]])(
  "%j is a claude command",
  (words) => {
    const command = agentCommand([...words, "--model", "opus"]);
    expect(command.argv).toEqual([...words, ...ADDED, "--model", "opus"]);
  },
);

test.each([[["codex", "exec"]], [["claude-wrapper"]], [["env"]], [["sh", "-c", "claude -v"]]])(
  "%j is left as it is",
  (words) => expect(agentCommand(words)).toEqual({ kind: "plain", argv: words, warnings: [] }),
);

test("limits, schema, directories and session come in as flags", () => {
  const { argv } = agentCommand(["claude"], {
    jsonSchema: { type: "object" },
    maxTurns: 5,
    budgetUsd: 1.5,
    directories: ["/a b"],
    resume: "s-1",
  });
  expect(argv.slice(5)).toEqual([
    "--json-schema",
    '{"type":"object"}',
    "--max-turns",
    "5",
    "--max-budget-usd",
    "1.5",
    "--add-dir=/a b",
    "--resume",
    "s-1",
  ]);
});

test("what the user's own command says of them wins", () => {
  const { argv } = agentCommand(["claude", "--max-turns=3", "--continue"], {
    maxTurns: 5,
    resume: "s-1",
  });
  expect(argv).toEqual(["claude", ...ADDED, "--max-turns=3", "--continue"]);
});

test.each([
  [["--max-budget-usd", "1"], 0.5, ["--max-budget-usd", "0.5"]],
  [["--max-budget-usd=1"], 0.5, ["--max-budget-usd", "0.5"]],
  [["--max-budget-usd", "0.2"], 0.5, ["--max-budget-usd", "0.2"]],
  [["--max-budget-usd=0.2"], 0.5, ["--max-budget-usd=0.2"]],
  [["--max-budget-usd", "1"], undefined, ["--max-budget-usd", "1"]],
])("of two budgets, %j and %j, the smaller one counts", (own, budgetUsd, flags) => {
  const options = budgetUsd === undefined ? {} : { budgetUsd };
  expect(agentCommand(["claude", ...own], options).argv).toEqual(["claude", ...ADDED, ...flags]);
});

test("a run that only answers is denied the tools that change something", () => {
  const { argv } = agentCommand(["claude", "--permission-mode", "acceptEdits"], { readOnly: true });
  expect(argv.slice(5)).toEqual([
    "--disallowedTools=Bash,Edit,Write,NotebookEdit",
    "--permission-mode",
    "acceptEdits",
  ]);
});

test.each(["--tools=Read", "--disallowedTools=Bash", "--disallowed-tools=Bash"])(
  "which tools it may use is the user's to say: %s",
  (own) => {
    const { argv } = agentCommand(["claude", own], { readOnly: true });
    expect(argv.slice(5)).toEqual([own]);
  },
);

test("flags that the runner sets itself are not given twice", () => {
  const { argv, warnings } = agentCommand(["claude", "-p", "--verbose", "--print", "--model", "x"]);
  expect(argv).toEqual(["claude", ...ADDED, "--model", "x"]);
  expect(warnings).toEqual([]);
});

test.each([
  [["-v"], "-v prints the version"],
  [["--output-format", "json"], "--output-format json replaced"],
  [["--output-format=text"], "--output-format text replaced"],
])("%j is replaced, and said to be", (flags, warning) => {
  const command = agentCommand(["claude", ...flags]);
  expect(command.argv).toEqual(["claude", ...ADDED]);
  expect(command.warnings).toEqual([expect.stringContaining(warning)]);
});

test("--bare is warned of", () => {
  expect(agentCommand(["claude", "--bare"]).warnings).toHaveLength(1);
});

test("of gemini, a -p that has no prompt is left out: the prompt comes on standard input", () => {
  const command = agentCommand(["env", "A=b", "/opt/gemini", "--approval-mode=yolo", "-p"]);
  expect(command.argv).toEqual(["env", "A=b", "/opt/gemini", "--approval-mode=yolo"]);
  expect(command.warnings).toEqual([expect.stringMatching(/^-p without a prompt is left out/)]);
  const asked = ["gemini", "-p", "Do what standard input says"];
  expect(agentCommand(asked)).toEqual({ kind: "plain", argv: asked, warnings: [] });
  expect(agentCommand(["other", "-p"]).argv).toEqual(["other", "-p"]);
});
