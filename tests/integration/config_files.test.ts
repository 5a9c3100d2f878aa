import { build } from "esbuild";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

let script = "";
beforeAll(async () => {
  const result = await build({
    entryPoints: ["tests/support/config_writer.ts"],
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
  });
  script = result.outputFiles[0]?.text ?? "";
});

/** Starts a process that makes `count` changes to the file. */
function write(path: string, name: string, count: number, uid?: number) {
  const child = spawn(process.execPath, ["-", path, name, String(count)], {
    stdio: ["pipe", "ignore", "pipe"],
    ...(uid === undefined ? {} : { uid }),
  });
  child.stdin?.end(script);
  let stderr = "";
  child.stderr?.on("data", (chunk) => stderr += chunk);
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((resolve) =>
    child.on("close", (exitCode) => resolve({ exitCode, stderr }))
  );
  return { child, ended };
}

test("of eight processes that write at once, none loses what another wrote", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "config.json");
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const results = await Promise.all(names.map((name) => write(path, name, 25).ended));
  expect(results.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(
    names.map(() => [0, ""]),
  );
  expect(Object.keys(JSON.parse(readFileSync(path, "utf8")).instances)).toHaveLength(200);
  expect(readdirSync(directory)).toEqual([".gitignore", "config.json"]);
});

test("a reader never sees half a file, and a writer that is killed leaves a whole one", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "config.json");
  writeFileSync(path, JSON.stringify({ init_status: "x".repeat(200_000) }));
  const { child, ended } = write(path, "a", 100_000);
  let reads = 0;
  while (reads < 200) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(JSON.parse(readFileSync(path, "utf8")).init_status).toHaveLength(200_000);
    reads++;
  }
  child.kill("SIGKILL");
  await ended;
  expect(JSON.parse(readFileSync(path, "utf8")).init_status).toHaveLength(200_000);
});

test("a directory that may not be written is a clear error", async () => {
  const directory = temporaryDirectory({ "home/config.json": "{}" });
  const home = join(directory, "home");
  chmodSync(directory, 0o755);
  chmodSync(home, 0o555);
  const { exitCode, stderr } = await write(
    join(home, "config.json"),
    "a",
    1,
    isRoot ? NOBODY : undefined,
  ).ended;
  expect(exitCode).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({
    code: "PERMISSION_DENIED",
    message: expect.stringContaining(home),
  });
  expect(readdirSync(home)).toEqual(["config.json"]);
});

/** Mounts a small file system of the running test's own. */
function mount(options: string): string {
  const point = join(temporaryDirectory(), "mounted");
  mkdirSync(point);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", point], { stdio: "ignore" });
  onTestFinished(() => void execFileSync("umount", [point]));
  return point;
}

function canMount(): boolean {
  const point = mkdtempSync(join(tmpdir(), "orchestrator-"));
  const tmpfs = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", point];
  const mounted = spawnSync("mount", tmpfs, { stdio: "ignore" }).status === 0;
  if (mounted) spawnSync("umount", [point]);
  rmSync(point, { recursive: true });
  return mounted;
}

// Without the right to mount, what src/platform/node/files.test.ts shows with faults put in must do.
if (canMount()) {
  test("on a full disk the file stays as it was", async () => {
    const point = mount("size=64k");
    const path = join(point, "config.json");
    const text = JSON.stringify({ init_status: "x".repeat(30_000) });
    writeFileSync(path, text);
    writeFileSync(join(point, "filler"), "y".repeat(16_000));
    const { exitCode, stderr } = await write(path, "a", 1).ended;
    expect([exitCode, JSON.parse(stderr).code]).toEqual([1, "DISK_FULL"]);
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(readdirSync(point).sort()).toEqual(["config.json", "filler"]);
  });

  test("a read-only file system is a clear error", async () => {
    const point = mount("size=64k");
    writeFileSync(join(point, "config.json"), "{}");
    execFileSync("mount", ["-o", "remount,ro", point]);
    const { exitCode, stderr } = await write(join(point, "config.json"), "a", 1).ended;
    expect([exitCode, JSON.parse(stderr).code]).toEqual([1, "PERMISSION_DENIED"]);
    expect(JSON.parse(stderr).message).toMatch(/read-only/);
    expect(statSync(join(point, "config.json")).size).toBe(2);
  });
} else {
  console.warn("Not run: a full disk and a read-only file system, which need the right to mount");
}
