import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { whyForbidden } from "./support/layers.ts";
import { ambientUses, circlesIn, importsOf, type Source } from "./support/source_rules.ts";

const MAX_LINES = 350;
const PURE = [
  "src/domain/",
  "src/zookeeper/",
  "src/coordination/",
  "src/worker/",
  "src/monitor/",
  "src/screen/",
];
const FORBIDDEN_NAME = /(^|[/_])(utils?|helpers?|managers?)([/_.]|$)/;

const read = (path: string): Source => ({ path, text: readFileSync(path, "utf8") });
const sources = globSync(["src/**/*.ts", "cmd/**/*.ts", "mod.ts"])
  .filter((path) => !path.endsWith(".test.ts"))
  .map(read);

function wrongImports(source: Source): string[] {
  return importsOf(source).flatMap((each) => {
    const why = whyForbidden(source.path, each);
    return why === null ? [] : [`${source.path}:${each.line} imports ${each.specifier}: ${why}`];
  });
}

const wrongNames = (paths: string[]) => paths.filter((path) => FORBIDDEN_NAME.test(path));
const tooLong = (from: Source[]) =>
  from.map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines`);

test("imports point inward only", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.flatMap(wrongImports)).toEqual([]);
});

test("time, chance and the process are passed in", () => {
  const pure = sources.filter(({ path }) => PURE.some((place) => path.startsWith(place)));
  expect(pure.flatMap((source) => ambientUses(source).map((use) => `${source.path}:${use}`)))
    .toEqual([]);
});

test("no imports run in a circle", () => {
  expect(circlesIn(sources).map((circle) => circle.join(" → "))).toEqual([]);
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  expect(tooLong(sources)).toEqual([]);
});

test("names say what a thing is", () => {
  expect(wrongNames(globSync(["src/**", "cmd/**", "tests/**", "scripts/**"]))).toEqual([]);
});

/** A file made up for a test of the rules themselves. */
const file = (path: string, text: string): Source => ({ path, text });

test.each([
  ["a static import", `import { x } from "../coordination/tree.ts";`],
  ["an import of types", `import type { X } from "../coordination/tree.ts";`],
  ["an import for its effects", `import "../coordination/tree.ts";`],
  ["a dynamic import", `const x = await import("../coordination/tree.ts");`],
  ["a type that imports", `type X = import("../coordination/tree.ts").X;`],
  ["an export of a name", `export { x } from "../coordination/tree.ts";`],
  ["an export of all", `export * from "../coordination/tree.ts";`],
])("%s that points outward is found", (_what, line) => {
  expect(wrongImports(file("src/domain/task.ts", `// why\n${line}\n`))).toEqual([
    `src/domain/task.ts:2 imports ../coordination/tree.ts: src/domain lies further inside`,
  ]);
});

test.each([
  ["src/zookeeper/client.ts", `import * as z from "zod";`],
  ["src/coordination/tree.ts", `import { hostname } from "node:os";`],
  ["src/coordination/tree.ts", `import { systemClock } from "../platform/node/system_clock.ts";`],
  ["src/worker/loop.ts", `import { load } from "../config/load.ts";`],
  ["src/zookeeper/client.ts", `import type { Clock } from "../platform/clock.ts";`],
  ["src/elsewhere/file.ts", `import { x } from "./other.ts";`],
  ["src/domain/task.ts", `import { test } from "../../tests/support/x.ts";`],
])("in %s, %s is found", (path, line) => {
  expect(wrongImports(file(path, line))).toHaveLength(1);
});

test.each([
  ["src/coordination/tree.ts", `import type { Clock } from "../platform/clock.ts";`],
  ["src/platform/node/socket.ts", `const tls = await import("node:tls");`],
  ["cmd/main.ts", `import { nodeEnvironment } from "../src/platform/node/environment.ts";`],
  ["src/domain/task.ts", `// import x from "../worker/loop.ts"\nconst text = 'import "x"';`],
])("in %s, %s is allowed", (path, line) => {
  expect(wrongImports(file(path, line))).toEqual([]);
});

test.each([
  "Date.now()",
  "new Date()",
  "new Date",
  "Date()",
  "Math.random()",
  "crypto.randomUUID()",
  "crypto.getRandomValues(bytes)",
  "performance.now()",
  "setTimeout(f, 1)",
  "const later = setInterval",
  "process.env",
  "globalThis.process",
  "Deno.env",
])("the ambient %s is found", (code) => {
  expect(ambientUses(file("src/domain/task.ts", code))).toHaveLength(1);
});

test.each([
  "new Date(0)",
  "clock.setTimeout(1)",
  "x.process",
  "const x = { process: 1 }",
  "// Date.now()",
  "'Math.random()'",
  "Math.max(1, 2)",
])("%s is not ambient", (code) => {
  expect(ambientUses(file("src/domain/task.ts", code))).toEqual([]);
});

test("a circle of imports is found, once", () => {
  const circle = [
    file("src/a.ts", `import "./b.ts"; import "./c.ts";`),
    file("src/b.ts", `import type { C } from "./c.ts";`),
    file("src/c.ts", `export * from "./b.ts";`),
  ];
  expect(circlesIn(circle)).toEqual([["src/b.ts", "src/c.ts", "src/b.ts"]]);
  expect(circlesIn(circle.slice(0, 2))).toEqual([]);
});

test("a long file and an empty name are found", () => {
  expect(tooLong([file("src/a.ts", "x\n".repeat(MAX_LINES))])).toEqual([]);
  expect(tooLong([file("src/a.ts", "x\n".repeat(MAX_LINES + 1))])).toHaveLength(1);
  const bad = ["src/utils.ts", "src/task_manager.ts", "src/helpers/x.ts", "src/util/x.ts"];
  expect(wrongNames([...bad, "src/utility.ts", "src/managed.ts"])).toEqual(bad);
});
