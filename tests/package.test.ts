import { existsSync, globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };

test("every file that a script of package.json names is there", () => {
  const missing = Object.values(manifest.scripts).flatMap((script) =>
    script.split(/\s+/).filter((word) => /^(?!node_modules\/).*\.(ts|mjs|js)$/.test(word))
  ).filter((path) => !existsSync(path));
  expect(missing).toEqual([]);
});

test("every dependency is imported by what is delivered", () => {
  const sources = globSync("{src,cmd,packaging}/**/*.{ts,mjs}").map((path) =>
    readFileSync(path, "utf8")
  );
  const unused = Object.keys(manifest.dependencies).filter((name) =>
    !sources.some((text) => text.includes(`from "${name}`) || text.includes(`import("${name}`))
  );
  expect(unused).toEqual([]);
});
