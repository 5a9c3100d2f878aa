import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { OrchestratorError } from "../src/domain/errors.ts";
import { decodeUtf8, firstInvalidByte, readText } from "./text_source.ts";

const directory = mkdtempSync(join(tmpdir(), "text-source-"));
afterAll(() => rmSync(directory, { recursive: true }));

async function* chunks(...parts: Uint8Array[]) {
  for (const part of parts) yield await Promise.resolve(part);
}
const bytes = (text: string) => new TextEncoder().encode(text);
const from = (stdin: AsyncIterable<Uint8Array>) => ({ cwd: directory, stdin: () => stdin });
const source = {
  option: "content",
  text: undefined,
  file: undefined,
  positionals: [],
  maxBytes: 64,
};

test("a text comes from the option, a file or stdin, as it stands", async () => {
  writeFileSync(join(directory, "a.txt"), "from a file\n");
  const host = from(chunks(bytes("from "), bytes("stdin")));
  expect(await readText(host, { ...source, text: "" })).toBe("");
  expect(await readText(host, { ...source, file: "a.txt" })).toBe("from a file\n");
  expect(await readText(host, { ...source, positionals: ["-"] })).toBe("from stdin");
});

test("a character may be split between two chunks", async () => {
  const [first, ...rest] = bytes("é");
  const host = from(chunks(new Uint8Array([first ?? 0]), new Uint8Array(rest)));
  expect(await readText(host, { ...source, file: "-" })).toBe("é");
});

test.each([
  [{}, "Missing the text: give --content, --file or -"],
  [{ text: "a", file: "b" }, "The text is given more than once: give --content, --file or -"],
  [{ text: "a", positionals: ["-"] }, "The text is given more than once"],
])("%j is a wrong use", async (given, message) => {
  const error = await readText(from(chunks()), { ...source, ...given }).catch((each) => each);
  expect(error).toMatchObject({ code: "USAGE" });
  expect(error.message).toContain(message);
});

test("too much is refused before it is read to its end", async () => {
  let read = 0;
  async function* endless() {
    for (;; read++) yield await Promise.resolve(new Uint8Array(40));
  }
  await expect(readText(from(endless()), { ...source, file: "-" }))
    .rejects.toMatchObject({ code: "TOO_LARGE", details: { limit_bytes: 64 } });
  expect(read).toBe(1);
});

test("a file that is not there is said by its name", async () => {
  await expect(readText(from(chunks()), { ...source, file: "none.txt" }))
    .rejects.toThrow("none.txt");
});

test.each([
  ["a lone continuation", [0x61, 0x80], 1],
  ["an overlong form", [0xc0, 0xaf], 0],
  ["a surrogate", [0x61, 0x62, 0xed, 0xa0, 0x80], 2],
  ["a cut sequence at the end", [0xf0, 0x9f, 0x9a], 0],
  ["a cut sequence before more", [0x61, 0xe2, 0x82, 0x61], 1],
  ["a byte that no character has", [0xc3, 0xa9, 0xff], 2],
  ["beyond the last code point", [0xf4, 0x90, 0x80, 0x80], 0],
])("%s is found at its byte", (_what, invalid, offset) => {
  const array = new Uint8Array(invalid);
  expect(firstInvalidByte(array)).toBe(offset);
  expect(() => decodeUtf8(array, "notes.txt")).toThrow(OrchestratorError);
  try {
    decodeUtf8(array, "notes.txt");
  } catch (error) {
    expect(error).toMatchObject({
      code: "INVALID_INPUT",
      message: '"notes.txt" is not valid UTF-8',
      details: { byte_offset: offset },
    });
  }
});

test("valid text decodes, its byte order mark left out", () => {
  const text = "aé日🚀\0";
  expect(decodeUtf8(bytes(`\ufeff${text}`), "x")).toBe(text);
  expect(firstInvalidByte(bytes(text))).toBe(-1);
});
