import { describe, expect, test } from "vitest";
import * as z from "zod";
import { Link, Role, TaskStatus } from "../src/domain/task.ts";
import { GLOBAL_OPTIONS } from "./cli/globals.ts";
import { commandHelp, programHelp } from "./cli/help.ts";
import { PAGE_COLUMNS } from "./cli/lines.ts";
import { problemOf, shownCommands } from "../tests/support/documented_commands.ts";
import { KNOWN_LINKS, KNOWN_ROLES, TASK_STATES } from "../src/domain/words.ts";
import { COMMANDS } from "./table.ts";

const loaded = await Promise.all(
  COMMANDS.map(async (entry) => ({
    name: entry.name,
    entry,
    command: (await entry.load()).default,
  })),
);

describe.each(loaded)("$name", ({ entry, command }) => {
  test("has a summary without a period, and examples", () => {
    expect(entry.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(command.examples.length).toBeGreaterThan(0);
  });

  test("takes no option that every command has", () => {
    const own = Object.entries(command.options);
    expect(own.filter(([name]) => name in GLOBAL_OPTIONS)).toEqual([]);
    const shorts = [...own, ...Object.entries(GLOBAL_OPTIONS)].flatMap(([, spec]) =>
      "short" in spec ? [spec.short] : []
    );
    expect(new Set(shorts).size).toBe(shorts.length);
  });

  test("says of each option what it is, in one line without a period", () => {
    for (const spec of Object.values(command.options)) expect(spec.help).toMatch(/^\S.*[^.]$/);
  });

  test("is shown in its examples as it is really used", async () => {
    for (const example of command.examples) {
      // xargs gives the last option its value.
      const shown = shownCommands(`    ${example.command.replace(/xargs (.*)$/, "xargs $1 x")}`);
      if (!entry.hidden) expect(shown, example.command).not.toEqual([]);
      for (const each of shown) {
        expect([each.text, await problemOf(each)]).toEqual([each.text, null]);
      }
    }
  });

  test("prints what a JSON Schema describes, or text", async () => {
    const { kind, schema, streamSchema } = command.output;
    if (kind === "text" || entry.name === "schema") return expect(schema).toBeUndefined();
    const schemas = await Promise.all([schema?.(), streamSchema?.()]);
    for (const each of schemas.filter((found) => found !== undefined)) {
      expect(z.toJSONSchema(each, { io: "output" })).toHaveProperty("$schema");
    }
    expect(schema).toBeDefined();
  });

  test("has help that names every option", () => {
    const help = commandHelp(entry, command);
    for (const name of Object.keys(command.options)) expect(help).toContain(`--${name}`);
    expect(help.split("\n").filter((line) => line.length > PAGE_COLUMNS)).toEqual([]);
  });
});

test("the program's help has every command, on lines of 80 columns", () => {
  const help = programHelp(COMMANDS);
  for (const { name, hidden } of COMMANDS) {
    expect(help.includes(`\n  ${name} `), name).toBe(hidden !== true);
  }
  expect(help.split("\n").filter((line) => line.length > PAGE_COLUMNS)).toEqual([]);
});

test("names and aliases are unique", () => {
  const names = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
});

test("what completion offers is what the domain knows", () => {
  expect(KNOWN_LINKS).toEqual(Link.options);
  expect(TASK_STATES).toEqual(TaskStatus.options);
  expect(KNOWN_ROLES.filter((role) => !Role.safeParse(role).success)).toEqual([]);
});
