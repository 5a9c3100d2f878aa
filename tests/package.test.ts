import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };

test("every file that a script of package.json names is there", () => {
  const missing = Object.values(manifest.scripts).flatMap((script) =>
    script.split(/\s+/).filter((word) => /^(?!node_modules\/).*\.(ts|mjs|js)$/.test(word))
  ).filter((path) => !existsSync(path));
  expect(missing).toEqual([]);
});

test("the package has no dependencies: what it needs is in it", () => {
  const kinds = ["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies"];
  expect(Object.keys(manifest).filter((key) => kinds.includes(key))).toEqual([]);
});
