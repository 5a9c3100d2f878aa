import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod";
import { EXIT_STATUS } from "../cmd/errors.ts";
import { COMMANDS } from "../cmd/table.ts";
import { ERROR_KINDS, kindOf } from "../src/domain/errors.ts";

const TEXT = readFileSync("docs/json.md", "utf8");

/** Cells of the rows of the tables below a heading. */
function rowsBelow(heading: string): string[][] {
  const [, section = ""] = TEXT.split(new RegExp(`^#+ ${heading}$`, "m"));
  const [own = ""] = section.split(/^#+ /m);
  return own.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/`([a-z_\d]+)`/g)].map((match) => match[1] ?? "");
}

/** The fields that a cell names: its own, and those of the objects that it links to. */
function fieldsOf(cell: string): Set<string> {
  let text = cell.replace(/\[\w+\]\(#(\w+)\)/g, "@$1");
  while (/\([^()]*\)/.test(text)) text = text.replace(/\([^()]*\)/g, "");
  const objects = [...text.matchAll(/@(\w+)/g)].flatMap(([, name = ""]) =>
    rowsBelow(name).flatMap(([names = ""]) => namesIn(names))
  );
  const [own = "", without = ""] = text.split("without");
  const fields = new Set([...objects, ...namesIn(own)]);
  for (const name of namesIn(without)) fields.delete(name);
  return fields;
}

interface Shape {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly items?: Shape;
}

function described(schema: z.ZodType): Shape {
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: "output" })));
}

/** Every field that anything described by a JSON Schema may have. */
function propertiesOf({ properties = {}, anyOf = [], oneOf = [], items }: Shape): string[] {
  const parts = [...anyOf, ...oneOf, ...items === undefined ? [] : [items]];
  return [...Object.keys(properties), ...parts.flatMap(propertiesOf)];
}

test("the table of exit statuses in docs/json.md has every code once, with its status", () => {
  const [, table = ""] = TEXT.split("## Exit statuses and codes");
  const shown = [...table.matchAll(/^\| (\d+) \| ((?:`[A-Z_]+` ?)+)\|$/gm)]
    .flatMap(([, status, codes = ""]) =>
      (codes.match(/[A-Z_]+/g) ?? []).map((code) => `${code} ${status}`)
    );
  const codes = Object.values(ERROR_KINDS).flat();
  expect(shown.sort()).toEqual(codes.map((code) => `${code} ${EXIT_STATUS[kindOf(code)]}`).sort());
});

const ROWS = new Map(
  rowsBelow("What each command prints").map((
    [name = "", , cell = ""],
  ) => [name.slice(1, -1), cell]),
);

test("docs/json.md has a row for every command, and no other", () => {
  const names = COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name);
  expect([...ROWS.keys()].sort()).toEqual(names.sort());
});

test.each([...ROWS])("docs/json.md names every field that %s prints", async (name, cell) => {
  const entry = COMMANDS.find((each) => each.name === name);
  const { schema, streamSchema } = (await entry?.load())?.default.output ?? {};
  const loaded = await Promise.all([schema?.(), streamSchema?.()]);
  const properties = loaded.filter((each) => each !== undefined)
    .flatMap((each) => propertiesOf(described(each)));
  expect([...fieldsOf(cell)].sort()).toEqual([...new Set(properties)].sort());
});
