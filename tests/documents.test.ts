import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "vitest";
import { ERROR_KINDS } from "../src/domain/errors.ts";
import { KEY_NAMES, KEYS } from "../src/config/keys.ts";
import { SKILLS, TEAM_MEMORY } from "../src/templates/skills.ts";
import { problemOf, shownCommands } from "./support/documented_commands.ts";

const SKILL_FILES = globSync("templates/skills/*/SKILL.md").sort();
const TEMPLATES = [...SKILL_FILES, "templates/CLAUDE.md", ...globSync("templates/agents/*.md")];
// docs/commands.md is made from the definitions, and shows their grammar.
const DOCUMENTS = [...globSync("docs/**/*.md"), ...globSync("README.md")]
  .filter((path) => path !== "docs/commands.md");

test.each([...TEMPLATES, ...DOCUMENTS])("%s shows only commands that exist", async (path) => {
  const commands = shownCommands(readFileSync(path, "utf8"));
  const problems = await Promise.all(commands.map(async (command) => {
    const problem = await problemOf(command);
    return problem === null ? null : `${path}:${command.line}: ${command.text}: ${problem}`;
  }));
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});

test.each([
  ["    claude-orchestrator push-tsk --title x", /push-tsk/],
  ["    claude-orchestrator push-task --titel x", /--titel/],
  ["    claude-orchestrator task-show", /--task-id/],
  ["    claude-orchestrator list-tasks --status dead", /dead/],
  ["    claude-orchestrator config get a b c d", /[Uu]nexpected/],
  ["```sh\nid=$(cco claim-task --wat | jq -r .id)\n```", /--wat/],
  ["Run `claude-orchestrator no-such-thing` now.", /no-such-thing/],
])("in %j the mistake is found", async (markdown, problem) => {
  const [command] = shownCommands(markdown);
  expect(command && await problemOf(command)).toMatch(problem);
});

test.each([
  "    claude-orchestrator claim-task | jq -r .id",
  '    claude-orchestrator push-task --title "a | b; c"   # why',
  "Use `claude-orchestrator task-block` with a reason.",
  'Allow `--allowedTools "Bash(claude-orchestrator *)"`.',
  "The directory `.claude-orchestrator/agents` is the project's.",
])("in %j there is none", async (markdown) => {
  const problems = await Promise.all(shownCommands(markdown).map(problemOf));
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});

test.each(SKILL_FILES)("%s has front matter that Claude Code reads", (path) => {
  const text = readFileSync(path, "utf8");
  const front = /^---\nname: (.+)\ndescription: (.+)\n---\n\n/.exec(text);
  const name = basename(dirname(path));
  expect(front?.[1]).toBe(name);
  expect(name).toMatch(/^[a-z0-9-]{1,64}$/);
  expect(front?.[2]?.length).toBeLessThanOrEqual(1024);
  expect(front?.[2]).toMatch(/Use (it )?(when|in|whenever) |\. Use the /);
  expect(front?.[2]).not.toMatch(/: |<|>/);
  expect(text.split("\n").length).toBeLessThanOrEqual(80);
});

test("every skill is embedded, and the team's memory names only skills that exist", () => {
  const embedded: Readonly<Record<string, string>> = SKILLS;
  expect(Object.keys(embedded).sort()).toEqual(SKILL_FILES.map((path) => basename(dirname(path))));
  for (const path of SKILL_FILES) {
    expect(embedded[basename(dirname(path))]).toBe(readFileSync(path, "utf8"));
  }
  const named = [...TEAM_MEMORY.matchAll(/\b(task-[a-z]+)\b/g)].map((match) => match[1] ?? "");
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((name) => !(name in embedded))).toEqual([]);
});

test("every key of the configuration is in docs/configuration.md, with its default", () => {
  const rows = readFileSync("docs/configuration.md", "utf8").split("\n");
  const missing = KEY_NAMES.filter((key) => {
    const row = rows.find((line) => line.startsWith(`| \`${key}\` |`));
    const written = KEYS[key].default;
    return row === undefined || !row.includes(written === null ? "| – |" : `\`${written}\``);
  });
  expect(missing).toEqual([]);
});

test("every error code is in docs/troubleshooting.md, once, and no other", () => {
  const text = readFileSync("docs/troubleshooting.md", "utf8");
  const codes = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1] ?? "");
  expect([...codes].sort()).toEqual([...Object.values(ERROR_KINDS).flat()].sort());
});

test("links between the documents lead somewhere", () => {
  const broken = DOCUMENTS.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map((match) => `${dirname(path)}/${match[1]}`)
      .filter((target) => globSync(target).length === 0)
      .map((target) => `${path} → ${target}`)
  );
  expect(broken).toEqual([]);
});
