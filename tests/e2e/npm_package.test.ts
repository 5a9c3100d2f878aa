import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { freePorts } from "../support/free_port.ts";
import {
  type Consumer,
  consumer,
  install,
  type PackedPackage,
  packPackage,
} from "../support/packed_package.ts";

const root = resolve(import.meta.dirname, "../..");

/** Paths of Nodes: the machine's own (npm puts that of the executable before it), and others. */
const FOUND = [
  process.env["npm_node_execpath"] ?? process.execPath,
  join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`),
  ...(process.env["PACKAGE_NODES"] ?? "").split(":"),
].filter((path) => path !== "" && existsSync(path));

/**
 * The Nodes under which the package is tried, by version. `npm run release:check` names one more in
 * `PACKAGE_NODES`: paths with colons between.
 */
const NODES = [
  ...new Map(FOUND.map((path) => [
    execFileSync(path, ["-p", "process.versions.node"], { encoding: "utf8" }).trim(),
    path,
  ])),
];

let directory: string;
let packed: PackedPackage;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "npm-package-"));
  mkdirSync(join(directory, "packed"));
  packed = packPackage(join(directory, "packed"));
});
afterAll(() => rmSync(directory, { recursive: true }));

test("the package holds the command, the library with its types, and what npm adds", () => {
  const types = packed.files.filter((path) => path.startsWith("dist/types/"));
  expect(packed.files.filter((path) => !types.includes(path))).toEqual([
    "LICENSE",
    "README.md",
    "dist/claude-orchestrator.cjs",
    "dist/mod.js",
    "package.json",
  ]);
  expect(types).toContain("dist/types/mod.d.ts");
  expect(types.filter((path) => !path.endsWith(".d.ts"))).toEqual(["dist/types/zod/LICENSE"]);
});

test("the library and its types import what is in the package or in Node, and nothing else", () => {
  const types = packed.files.filter((path) => path.endsWith(".d.ts"));
  const foreign = ["dist/mod.js", ...types].flatMap((path) => {
    // Without its comments, which show how the library is imported.
    const text = readFileSync(join(root, path), "utf8").replace(/^ \* .*$/gm, "");
    const imported = [...text.matchAll(/(?:\bfrom|\bimport\(|(?:^|;)import)\s*"([^"]+)"/gm)];
    return imported.flatMap(([, name = ""]) => /^(?:\.{1,2}\/|node:)/.test(name) ? [] : [name]);
  });
  expect(foreign).toEqual([]);
});

describe.each(NODES)("under Node %s", (version, path) => {
  let place: Consumer;
  const run = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: place.directory,
      env: place.env,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };
  const command = (...args: string[]) =>
    run(join(place.directory, "node_modules/.bin/cco"), ...args);
  const json = (...args: string[]) => {
    const { status, stdout, stderr } = command(...args);
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: expect.any(String) });
    return JSON.parse(stdout);
  };

  beforeAll(() => {
    place = consumer(join(directory, version), path);
  });

  test("npx runs it from an empty directory, which stays empty", () => {
    const words = ["claude-orchestrator", "--version", "--output", "json"];
    const { status, stdout, stderr } = run(
      "npx",
      "--yes",
      `--package=${packed.tarball}`,
      "--",
      ...words,
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      version: manifest.version,
      target: "npm",
      runtime: `node ${version}`,
    });
    expect(existsSync(join(place.directory, "node_modules"))).toBe(false);
  });

  test("installed, it starts a coordinator, keeps a team's tasks, and stops it again", async () => {
    install(packed, place);
    const [port = 0] = await freePorts(1);
    const env = { ...place.env, CLAUDE_ORCHESTRATOR_COORDINATOR_PORT: String(port) };
    place = { ...place, env };
    expect(command("--version").stdout).toContain(` node ${version} `);
    expect(command("--help").stdout).toContain("push-task");
    expect(json("coordinator", "start")).toMatchObject({ status: "started", port });
    try {
      const { id } = json("push-task", "--title", "Try the package");
      expect(json("status")).toMatchObject({ tasks: { pending: 1 } });
      json("register", "--name", "Ann");
      expect(json("claim-task")).toMatchObject({ id });
      expect(json("complete-task", "--task-id", id, "--result", "Works").status).toBe("completed");
    } finally {
      expect(json("coordinator", "stop")).toMatchObject({ status: "stopped" });
    }
  });
});
