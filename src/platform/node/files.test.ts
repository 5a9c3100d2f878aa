import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../../tests/support/temporary_directory.ts";

/** What the next sync to disk fails with. */
const fault = vi.hoisted(() => ({ code: "" }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const fsyncSync = (descriptor: number) => {
    if (fault.code !== "") throw Object.assign(new Error(fault.code), { code: fault.code });
    real.fsyncSync(descriptor);
  };
  return { ...real, fsyncSync };
});
afterEach(() => void (fault.code = ""));

// Suites of one worker share modules: this one has its own, and leaves none that is mocked.
vi.resetModules();
const { nodeFiles } = await import("./files.ts");
afterAll(() => {
  vi.doUnmock("node:fs");
  vi.resetModules();
});

test.each([
  ["ENOSPC", "DISK_FULL", /the disk is full/],
  ["EDQUOT", "DISK_FULL", /quota/],
  ["EROFS", "PERMISSION_DENIED", /read-only/],
  ["EIO", "IO_FAILED", /EIO/],
])("a write that ends in %s is %s, and leaves the file as it was", (system, code, message) => {
  const directory = temporaryDirectory({ file: "before" });
  fault.code = system;
  expect(() => nodeFiles.replace(join(directory, "file"), "after", 0o600)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
  expect(() => nodeFiles.createNew(join(directory, "new"), "after", 0o600)).toThrow(
    expect.objectContaining({ code }),
  );
  expect(readFileSync(join(directory, "file"), "utf8")).toBe("before");
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("replaces the target of a link, with the mode that is asked for", () => {
  const directory = temporaryDirectory({ target: "before" });
  symlinkSync("target", join(directory, "link"));
  nodeFiles.replace(join(directory, "link"), "after", 0o600);
  expect(nodeFiles.read(join(directory, "target"))).toBe("after");
  expect(nodeFiles.status(join(directory, "link"))).toMatchObject({ kind: "file", mode: 0o600 });
  expect(readdirSync(directory)).toEqual(["link", "target"]);
});

test("what is missing is null, empty or false, also below a file", () => {
  const directory = temporaryDirectory({ file: "text" });
  for (const path of ["nothing", "file/below"].map((name) => join(directory, name))) {
    expect(nodeFiles.read(path)).toBeNull();
    expect(nodeFiles.status(path)).toBeNull();
    expect(nodeFiles.list(path)).toEqual([]);
  }
  expect(nodeFiles.rename(join(directory, "nothing"), join(directory, "other"))).toBe(false);
  expect(() => nodeFiles.remove(join(directory, "nothing"))).not.toThrow();
});

const isRoot = process.getuid?.() === 0;

test("what may not be looked at is an error, and not missing", () => {
  const directory = temporaryDirectory({ "closed/file": "text" });
  if (isRoot) {
    symlinkSync("loop", join(directory, "loop"));
    expect(() => nodeFiles.read(join(directory, "loop"))).toThrow(/too many links/);
    return;
  }
  chmodSync(join(directory, "closed"), 0);
  expect(() => nodeFiles.read(join(directory, "closed/file"))).toThrow(/permission denied/);
  chmodSync(join(directory, "closed"), 0o700);
});

test("a file is made once", () => {
  const path = join(temporaryDirectory(), "deep/er/file");
  expect(nodeFiles.createNew(path, "first", 0o600)).toBe(true);
  expect(nodeFiles.createNew(path, "second", 0o600)).toBe(false);
  expect(nodeFiles.read(path)).toBe("first");
});

test("space and permission are those of the nearest directory that exists", () => {
  const directory = temporaryDirectory();
  expect(nodeFiles.freeBytes(join(directory, "a/b/c"))).toBe(nodeFiles.freeBytes(directory));
  expect(nodeFiles.writable(join(directory, "a/b/c"))).toBe(true);
  mkdirSync(join(directory, "a"));
  writeFileSync(join(directory, "a/b"), "");
  expect(nodeFiles.list(join(directory, "a"))).toEqual(["b"]);
});
