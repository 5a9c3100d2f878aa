import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Command, type CommandEntry, defineCommand } from "../cmd/cli/command.ts";
import { GLOBAL_OPTIONS } from "../cmd/cli/globals.ts";
import { manPage, manPages } from "../cmd/manual/pages.ts";
import { COMMANDS } from "../cmd/table.ts";
import { temporaryDirectory } from "./support/temporary_directory.ts";

const EDITION = { version: "1.2.3", date: "2026-01-31" };
const pages = await manPages(COMMANDS, EDITION);
const shown = COMMANDS.filter((entry) => !entry.hidden);

const text = (file: string) => pages.find((page) => page.file === file)?.text ?? "";
/** A page as a reader sees it, without overstrikes. */
const rendered = (roff: string) =>
  execFileSync("mandoc", ["-T", "ascii", "-O", "width=80"], { input: roff, encoding: "utf8" })
    .replaceAll(/.[\b]/g, "");

/** A command whose texts are what roff would take for its own. */
function commandWith(description: string, help: string, example: string): CommandEntry {
  const command: Command = defineCommand({
    description,
    options: { it: { type: "flag", help } },
    examples: [{ says: help, command: example }],
    output: { kind: "text" },
    run: () => Promise.resolve(),
  });
  const load = () => Promise.resolve({ default: command });
  return { name: "hostile", group: "system", summary: "Be read as it is", load };
}

test("every command has a page, and every other name one that leads there", () => {
  const names = shown.flatMap(({ name, aliases = [] }) => [name, ...aliases])
    .map((name) => `claude-orchestrator-${name}.1`);
  expect(pages.map(({ file }) => file).sort()).toEqual(
    ["claude-orchestrator.1", "cco.1", ...names].sort(),
  );
  expect(text("claude-orchestrator-poll-task.1")).toBe(
    ".so man1/claude-orchestrator-list-tasks.1\n",
  );
  expect(text("claude-orchestrator-list-tasks.1")).toContain("poll\\-task");
});

test.each(shown.map((entry) => [entry.name, entry] as const))(
  "the page of %s has every option and example, within 80 columns",
  async (name, entry) => {
    const { options, examples, output } = (await entry.load()).default;
    const lines = rendered(text(`claude-orchestrator-${name}.1`)).split("\n");
    const flowing = lines.map((line) => line.trim()).join(" ");
    for (const option of Object.keys({ ...options, ...GLOBAL_OPTIONS })) {
      expect(flowing).toContain(`--${option}`);
    }
    for (const { command } of examples) {
      expect(flowing.replaceAll(" \\ ", " ")).toContain(command);
    }
    if (output.kind !== "text") expect(flowing).toContain(`schema ${name}`);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  },
);

test("the program's page has every command, option and exit status", () => {
  const page = rendered(text("claude-orchestrator.1"));
  for (const { name } of shown) expect(page).toMatch(new RegExp(`^ +${name}\\b`, "m"));
  for (const option of Object.keys(GLOBAL_OPTIONS)) expect(page).toContain(`--${option}`);
  for (const status of [0, 1, 2, 3, 4, 5, 6, 124, 130]) {
    expect(page).toMatch(new RegExp(`^ +${status} +[A-Z]`, "m"));
  }
  expect(page).toContain("limits.connect_timeout");
  expect(page.trimEnd().split("\n").at(-1)).toMatch(/^claude-orchestrator 1\.2\.3 +2026-01-31 /);
});

test("mandoc has nothing to warn of", () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "man1"));
  for (const page of pages) writeFileSync(join(directory, "man1", page.file), page.text);
  // It would rather have links than pages that lead to others; not every file system has links.
  const whole = pages.filter((page) => !page.text.startsWith(".so"));
  const lint = ["-T", "lint", "-W", "warning", ...whole.map(({ file }) => `man1/${file}`)];
  const { status, stdout } = spawnSync("mandoc", lint, { cwd: directory, encoding: "utf8" });
  expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
});

describe("texts that roff would take for its own", () => {
  test.each([
    ".so /etc/hostname",
    "'so /etc/hostname",
    "\\*(Tm \\fBx\\n(.k \\e",
    '"quoted" `like` ^this~',
    "a - b -- c --d",
    '.\\" gone',
  ])("%s is shown as it is", async (hostile) => {
    const entry = commandWith(`${hostile}\n${hostile}`, hostile, hostile);
    const page = rendered(await manPage([entry], entry, EDITION));
    expect(page.split(hostile).length - 1).toBe(5);
  });
});
