import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXIT_STATUS } from "../cmd/errors.ts";
import { commandsDoc } from "../scripts/commands_doc.ts";
import { ERROR_KINDS } from "../src/domain/errors.ts";

const document = (name: string) =>
  readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");

test("docs/commands.md is what scripts/commands_doc.ts makes", async () => {
  expect(document("commands.md")).toBe(await commandsDoc());
});

test("docs/json.md gives every exit status and every code of an error, and no other", () => {
  const text = document("json.md");
  const rows = text.split("\n").filter((line) => /^\| \d+ \|/.test(line)).map((line) => ({
    status: Number(line.split("|")[1]),
    codes: [...line.matchAll(/`([A-Z_]+)`/g)].map((match) => match[1]),
  }));
  const expected = Object.entries(ERROR_KINDS).map(([kind, codes]) => ({
    status: EXIT_STATUS[kind as keyof typeof ERROR_KINDS],
    codes: [...codes],
  }));
  expect(rows.filter(({ status }) => status !== 0)).toEqual(
    expected.sort((a, b) => a.status - b.status),
  );
});
