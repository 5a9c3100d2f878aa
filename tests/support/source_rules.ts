import { posix } from "node:path";
import { parseAst } from "vitest/node";

/** A source file by its path from the project's root, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly specifier: string;
  /** Path from the project's root for a relative import; the specifier itself for any other. */
  readonly target: string;
  readonly line: number;
}

type Node = Record<string, unknown> & { readonly type: string; readonly start: number };

/** All that a file imports or re-exports: static, dynamic, for types alone, and as `import("x")`. */
export function importsOf(source: Source): Import[] {
  const imports: Import[] = [];
  walk(source, (node) => {
    const from = IMPORTING.has(node.type) ? asNode(node["source"]) : undefined;
    const specifier = from?.["value"];
    if (!from || typeof specifier !== "string") return;
    const target = specifier.startsWith(".")
      ? posix.join(posix.dirname(source.path), specifier)
      : specifier;
    imports.push({ specifier, target, line: lineOf(source.text, from.start) });
  });
  return imports;
}

const IMPORTING = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

/** Uses of time, chance, timers, the process and the network that were not passed in: "line: what". */
export function ambientUses(source: Source): string[] {
  const uses: string[] = [];
  walk(source, (node, parent) => {
    const what = ambientMember(node) ?? ambientDate(node) ?? ambientGlobal(node, parent);
    if (what) uses.push(`${lineOf(source.text, node.start)}: ${what}`);
  });
  return uses;
}

const AMBIENT_GLOBALS = new Set([
  "setTimeout",
  "setInterval",
  "setImmediate",
  "process",
  "performance",
  "fetch",
  "globalThis",
  "Deno",
  "Bun",
]);
const AMBIENT_MEMBERS = new Set([
  "Date.now",
  "Math.random",
  "crypto.getRandomValues",
  "crypto.randomUUID",
]);

function ambientMember(node: Node): string | undefined {
  if (node.type !== "MemberExpression") return undefined;
  const name = `${asNode(node["object"])?.["name"]}.${asNode(node["property"])?.["name"]}`;
  return AMBIENT_MEMBERS.has(name) ? name : undefined;
}

/** `new Date()` without an argument reads the clock; `Date()` does so with any. */
function ambientDate(node: Node): string | undefined {
  if (asNode(node["callee"])?.["name"] !== "Date") return undefined;
  if (node.type === "CallExpression") return "Date()";
  const given = node["arguments"];
  return Array.isArray(given) && given.length === 0 ? "new Date()" : undefined;
}

/** A global by its own name: not a property, nor a key, that happens to be called the same. */
function ambientGlobal(node: Node, parent: Node | undefined): string | undefined {
  const name = node["name"];
  if (node.type !== "Identifier" || typeof name !== "string") return undefined;
  const isKey = parent?.["computed"] !== true &&
    (parent?.["property"] === node || parent?.["key"] === node);
  return AMBIENT_GLOBALS.has(name) && !isKey ? name : undefined;
}

/** The files of each circle of imports, every circle once; imports for types count as well. */
export function circlesIn(sources: readonly Source[]): string[][] {
  const paths = new Set(sources.map((source) => source.path));
  const edges = new Map(sources.map((source) => [
    source.path,
    importsOf(source).map((each) => each.target).filter((target) => paths.has(target)),
  ]));
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of paths) visit(path, []);
  return circles;
}

function walk(source: Source, visit: (node: Node, parent: Node | undefined) => void): void {
  const into = (value: unknown, parent: Node | undefined): void => {
    if (Array.isArray(value)) {
      for (const item of value) into(item, parent);
      return;
    }
    const node = asNode(value);
    if (!node) return;
    visit(node, parent);
    for (const child of Object.values(node)) into(child, node);
  };
  into(parseAst(source.text, { lang: "ts" }), undefined);
}

function asNode(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
