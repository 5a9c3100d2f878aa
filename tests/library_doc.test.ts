import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./support/temporary_directory.ts";

/**
 * Types that an export leads to and that are not exported: docs/library.md calls them internal. `output`
 * and `input` are what zod makes of a schema.
 */
const INTERNAL = [
  ...["output", "input"],
  ...[
    "Audit",
    "Clock",
    "FleetPause",
    "Recovery",
    "ServerTime",
    "SpentTotal",
    "TaskOverview",
    "Tree",
  ],
];

interface Finding {
  readonly rule: string;
  readonly what: string;
  /** `path:line:column`. */
  readonly place: string;
}

/** What `deno doc --lint` finds in a file that exports. */
function findingsIn(file: string): Finding[] {
  const deno = resolve("node_modules/.bin/deno");
  const { stderr, error } = spawnSync(deno, ["doc", "--lint", file], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });
  if (error !== undefined) throw error;
  const found = [...stderr.matchAll(/^error\[([a-z-]+)\]: (.*)\n +--> (.*)$/gm)];
  if (found.length === 0 && stderr.trim() !== "") throw new Error(stderr);
  return found.map(([, rule = "", what = "", place = ""]) => ({ rule, what, place }));
}

/** Schemas have the types that zod infers, which nobody could write down beside them. */
function isMeant({ rule, what }: Finding): boolean {
  return rule === "missing-explicit-type" ||
    rule === "private-type-ref" && INTERNAL.some((name) => what.endsWith(`private type '${name}'`));
}

test("everything that the library exports says what it is", () => {
  expect(findingsIn(resolve("mod.ts")).filter((finding) => !isMeant(finding))).toEqual([]);
}, 180_000);

test("a field that says nothing is found, and a type that is not exported", () => {
  const directory = temporaryDirectory({
    "mod.ts": "interface Hidden {}\n/** Shown. */\nexport interface Shown { field: Hidden }\n",
  });
  const rules = findingsIn(join(directory, "mod.ts")).map(({ rule }) => rule);
  expect(rules.sort()).toEqual(["missing-jsdoc", "private-type-ref"]);
}, 180_000);
