import { expect, test } from "vitest";
import type { OutputFormat } from "./cli/globals.ts";
import type { Sink } from "./cli/host.ts";
import { Output } from "./output.ts";

function capture(
  format: OutputFormat | undefined,
  options: { quiet?: boolean; verbose?: boolean; isTerminal?: boolean } = {},
) {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr"): Sink => ({
    write: (text) => void (written[name] += text),
    ready: () => Promise.resolve(),
    isTerminal: options.isTerminal ?? false,
    columns: 80,
  });
  const { quiet = false, verbose = false } = options;
  return {
    written,
    out: new Output(sink("stdout"), sink("stderr"), { format, quiet, verbose, colours: false }),
  };
}

const ITEM = { v: 1, id: "a", text: "two\nlines" };
const COLUMNS = [{ title: "ID", cell: (item: typeof ITEM) => item.id }];

test("a document is JSON indented by two, or one line, or fields", async () => {
  const json = capture(undefined);
  await json.out.document(ITEM);
  expect(json.written.stdout).toBe('{\n  "v": 1,\n  "id": "a",\n  "text": "two\\nlines"\n}\n');
  const jsonl = capture("jsonl");
  await jsonl.out.document(ITEM);
  expect(jsonl.written.stdout).toBe('{"v":1,"id":"a","text":"two\\nlines"}\n');
  const table = capture("table");
  await table.out.document(ITEM);
  expect(table.written.stdout).toBe("v: 1\nid: a\ntext: two\n    lines\n");
});

test("a document for people names what lies inside by its path", async () => {
  const { written, out } = capture("table");
  await out.document({
    server: { host: "zk1", open: false, leader: null },
    evidence: { "te\u001b[31mst": "3 passed" },
    written: ["a.md", "b.md"],
    kept: [],
    nothing: {},
  });
  expect(written.stdout.split("\n")).toEqual([
    "server.host: zk1",
    "server.open: false",
    "server.leader: -",
    "evidence.test: 3 passed",
    "written:",
    "  a.md",
    "  b.md",
    "kept: -",
    "nothing: -",
    "",
  ]);
});

test("a list is an array, or a line an item, or a table; an empty one is [] or nothing", async () => {
  const print = async (format: OutputFormat | undefined, items: (typeof ITEM)[]) => {
    const { written, out } = capture(format);
    await out.list(items, COLUMNS);
    return written.stdout;
  };
  expect(JSON.parse(await print(undefined, [ITEM, ITEM]))).toEqual([ITEM, ITEM]);
  expect(await print("jsonl", [ITEM, ITEM])).toBe(`${JSON.stringify(ITEM)}\n`.repeat(2));
  expect(await print("table", [ITEM])).toBe("ID\na\n");
  expect(await print(undefined, [])).toBe("[]\n");
  expect(await print("jsonl", [])).toBe("");
});

test("nothing that is printed can drive a terminal, and JSON parses to the same value", async () => {
  const hostile = { v: 1, text: "\u001b[2J\u009b31m\u007f\u202e\u2028日本\u{1f680}" };
  const { written, out } = capture(undefined);
  await out.document(hostile);
  // deno-lint-ignore no-control-regex
  expect(written.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
  expect(written.stdout).toContain("日本\u{1f680}");
  expect(JSON.parse(written.stdout)).toEqual(hostile);
  const table = capture("table");
  await table.out.document(hostile);
  expect(table.written.stdout).toBe("v: 1\ntext: 日本\u{1f680}\n");
});

test("raw text loses escapes on a terminal only", async () => {
  const piped = capture(undefined);
  await piped.out.text("\u001b[31mred");
  expect(piped.written.stdout).toBe("\u001b[31mred");
  const shown = capture(undefined, { isTerminal: true });
  await shown.out.text("\u001b[31mred");
  expect(shown.written.stdout).toBe("red");
});

test("warnings and notes are JSON lines on stderr, silenced and asked for", () => {
  const warning = { code: "CORRUPT_DATA", message: "Left out a node" };
  const usual = capture(undefined);
  usual.out.warn(warning);
  usual.out.note("Connecting");
  expect(usual.written).toEqual({ stdout: "", stderr: `${JSON.stringify({ warning })}\n` });
  const quiet = capture(undefined, { quiet: true, verbose: true });
  quiet.out.warn(warning);
  quiet.out.note("Connecting");
  expect(quiet.written.stderr).toBe('{"note":{"message":"Connecting"}}\n');
});
