import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const executable = join(root, "dist/claude-orchestrator");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** A directory that knows nothing of the checkout, and one in it that nothing can be written to. */
let elsewhere: string;
let readOnly: string;

beforeAll(() => {
  elsewhere = mkdtempSync(join(tmpdir(), "build-test-"));
  readOnly = join(elsewhere, "read-only");
  mkdirSync(readOnly);
  copyFileSync(executable, join(readOnly, "moved"));
  chmodSync(readOnly, 0o555);
});
afterAll(() => {
  chmodSync(readOnly, 0o755);
  rmSync(elsewhere, { recursive: true });
});

function run(file: string, args: string[], env: Record<string, string>, cwd = elsewhere) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { env, cwd, encoding: "utf8" });
  if (error) throw error;
  return { status, stdout, stderr };
}

describe("executable", () => {
  it("is built, and may be executed", () => {
    accessSync(executable, constants.X_OK);
  });

  it("names its build, its runtime and its platform", () => {
    const { status, stdout } = run(executable, ["--version", "--output", "json"], {});
    const runtime = join(root, `node_modules/node-${process.platform}-${process.arch}`);
    const node = JSON.parse(readFileSync(join(runtime, "package.json"), "utf8")).version;
    const platform = `${process.platform}-${process.arch}`;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      name: "claude-orchestrator",
      version: manifest.version,
      commit: expect.stringMatching(/^([0-9a-f]{12}(-dirty)?|unknown)$/),
      date: expect.stringMatching(/^(\d{4}-\d\d-\d\d|unknown)$/),
      target: platform,
      runtime: `node ${node}`,
      platform,
    });
  });

  it("runs from a read-only directory far from the checkout, with an empty PATH and HOME", () => {
    const copy = join(readOnly, "moved");
    for (const args of [["--version"], ["--help"], ["push-task", "--help"], ["config"]]) {
      const { status, stdout, stderr } = run(copy, args, { PATH: "", HOME: "" }, readOnly);
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: "" });
      expect(stdout).not.toBe("");
    }
    expect(readdirSync(readOnly)).toEqual(["moved"]);
  });

  it("says within its time that nobody answers, loading the client for it", () => {
    const args = ["list-tasks", "--zookeeper", "127.0.0.1:1"];
    const { status, stdout, stderr } = run(executable, args, { HOME: elsewhere });
    expect({ status, stdout }).toEqual({ status: 5, stdout: "" });
    expect(JSON.parse(stderr).error.code).toBe("ZOOKEEPER_UNREACHABLE");
  });

  it("does not know where it was built", () => {
    expect(readFileSync(executable).includes(root)).toBe(false);
  });
});

describe("start-up", () => {
  it("evaluates neither a schema nor a client nor an agent before a command asks for them", () => {
    const chunks = `dist/build/${process.platform}-${process.arch}`;
    const { outputs } = JSON.parse(readFileSync(join(root, chunks, "meta.json"), "utf8"));
    const main = Object.keys(outputs).find((chunk) => chunk.endsWith("/main.mjs")) ?? "";
    const eagerChunks = new Set<string>([main]);
    for (const chunk of eagerChunks) {
      for (const { path, kind } of outputs[chunk].imports) {
        if (kind === "import-statement" && path in outputs) eagerChunks.add(path);
      }
    }
    const eager = [...eagerChunks].flatMap((chunk) => Object.keys(outputs[chunk].inputs));
    const heavy = eager.filter((file) =>
      /node_modules|src\/(coordination|worker)|src\/zookeeper\/(client|session|protocol)/
        .test(file)
    );
    expect(heavy).toEqual([]);
    expect(eager).toContain("cmd/main.ts");
  });
});
