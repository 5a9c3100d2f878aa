import { spawn } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleProgram } from "../support/bundled_program.ts";
import { wholeGroups } from "../support/numbered_groups.ts";
import { realStorage } from "../support/real_storage.ts";
import { smallFileSystem, whyNoMount } from "../support/small_file_system.ts";
import { bytesOf, commitEach, textOf } from "../support/stored_records.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

test("what was committed is there after a restart, in files that only their owner can read", async () => {
  const directory = join(temporaryDirectory(), "deep/er");
  const first = realStorage(directory);
  await first.recover();
  await commitEach(first, ["a", "b"]);
  await first.snapshot([bytesOf("state of b")]);
  await commitEach(first, ["c".repeat(1_000_000)]);
  const modes = readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777);
  expect(new Set(modes)).toEqual(new Set([0o600]));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  await first.close();
  const second = realStorage(directory);
  const { snapshot, records } = await second.recover();
  expect([...(snapshot ?? [])].map(textOf)).toEqual(["state of b"]);
  expect([...records].map((record) => record.length)).toEqual([1_000_000]);
  await second.close();
  expect(readdirSync(directory).filter((name) => name.startsWith("lock"))).toEqual([]);
});

test("a directory of another user is refused", async () => {
  const isRoot = process.getuid?.() === 0;
  const directory = isRoot ? temporaryDirectory() : "/";
  if (isRoot) chownSync(directory, 65534, 65534);
  await expect(realStorage(directory).recover()).rejects.toThrow(/belongs to user (65534|0)/);
  expect(readdirSync(directory).filter((name) => name.startsWith("lock"))).toEqual([]);
});

test("a file where the directory should be is refused", async () => {
  const path = join(temporaryDirectory({ data: "text" }), "data");
  await expect(realStorage(path).recover()).rejects.toThrow(/is no directory/);
});

async function bundledProcess(directory: string): Promise<string> {
  const outfile = join(directory, "storage.mjs");
  await bundleProgram("../chaos/storage_process.ts", outfile);
  return outfile;
}

test("of eight processes that start at once exactly one gets the directory, again and again", async () => {
  const place = temporaryDirectory();
  const program = await bundledProcess(place);
  const data = join(place, "data");
  for (let round = 0; round < 3; round++) {
    const children = Array.from(
      { length: 8 },
      () => spawn(process.execPath, [program, data], { stdio: ["ignore", "pipe", "pipe"] }),
    );
    const errors = children.map((child) => {
      let text = "";
      child.stderr.on("data", (chunk) => void (text += String(chunk)));
      return () => text;
    });
    const outcomes = await Promise.all(children.map((child) =>
      Promise.race([
        once(child.stdout, "data").then(() => "serves"),
        once(child, "close").then(() => "refused"),
      ])
    ));
    expect(outcomes.filter((outcome) => outcome === "serves")).toHaveLength(1);
    const winner = children[outcomes.indexOf("serves")];
    const told = errors.filter((_error, index) => outcomes[index] === "refused");
    for (const error of told) expect(error()).toContain(`is used by process`);
    winner?.kill("SIGKILL");
    if (winner) await once(winner, "close");
    const storage = realStorage(data);
    const { snapshot, records } = await storage.recover();
    wholeGroups(snapshot, records);
    await storage.close();
  }
});

test("a process that may write no larger files is refused writes, and keeps what it has", async () => {
  const place = temporaryDirectory();
  const program = await bundledProcess(place);
  const data = join(place, "data");
  // In blocks of 512 bytes; the log would go on to 200,000 before its first snapshot.
  // Node ignores the signal that comes with it, Deno does not.
  const command = `trap "" XFSZ; ulimit -f 100 && exec "$0" "$@"`;
  const child = spawn("sh", ["-c", command, process.execPath, program, data], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let errors = "";
  child.stdout.on("data", (text) => void (said += String(text)));
  child.stderr.on("data", (text) => void (errors += String(text)));
  await once(child, "close");
  expect(errors).toMatch(/Cannot write ".*": (the file may not grow any more|File too large)/);
  const storage = realStorage(data);
  const { snapshot, records } = await storage.recover();
  expect(wholeGroups(snapshot, records).last).toBe(Number(said.trimEnd().split("\n").at(-1)));
  await storage.close();
});

const missing = whyNoMount();
if (missing !== null) console.warn(`Skipped: on a full disk: ${missing}`);
describe.runIf(missing === null || process.env["CI"] === "true")("on a full disk", () => {
  test("writes are refused, the log stays whole, and writes go on when there is room", async () => {
    const directory = smallFileSystem(2048);
    const data = join(directory, "data");
    mkdirSync(data, { mode: 0o700 });
    const storage = realStorage(data);
    await storage.recover();
    const committed: string[] = [];
    let refused = 0;
    const commit = async (text: string) => {
      try {
        await storage.commit([bytesOf(text)]);
        committed.push(text);
      } catch (error) {
        refused++;
        expect(error).toMatchObject({
          kind: "refused",
          message: expect.stringMatching(/no space/),
        });
      }
    };
    for (let round = 0; round < 3; round++) {
      writeFileSync(join(directory, "filler"), new Uint8Array(1024 * 1024));
      for (let index = 0; index < 60; index++) {
        await commit(`${round} ${index} ${"x".repeat(index * 997)}`);
      }
      rmSync(join(directory, "filler"));
      expect(refused).toBeGreaterThan(0);
      refused = 0;
      await commit(`${round} after`);
      expect(refused).toBe(0);
      await storage.snapshot([bytesOf(JSON.stringify(committed.length))]);
      await storage.snapshot([bytesOf(JSON.stringify(committed.length))]);
    }
    await commit("last");
    await storage.close();
    const again = realStorage(data, (event) => expect(event).toBeUndefined());
    const { snapshot, records } = await again.recover();
    expect([...(snapshot ?? [])].map(textOf)).toEqual([String(committed.length - 1)]);
    expect([...records].map(textOf)).toEqual(["last"]);
    await again.close();
  });
});
