import { existsSync, readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import project from "../../vitest.config.ts";
import { importsOf } from "../support/source_rules.ts";

/**
 * What lies around the core: agents, commands, files, and bundles, whose suites start programs with
 * Node.
 */
const AROUND = /^(src\/(?!domain|platform|zookeeper|coordination)|cmd\/|scripts\/|esbuild$)/;

/** Starts the server of the tests, which is a process of its own: it says nothing of the suite. */
const FIXTURE = "tests/support/embedded_zookeeper.ts";

/** Suites that try every moment of code whose other suites show what another runtime changes. */
const EXHAUSTIVE = /_(losses|random|interleavings|chaos|meddled|cost)\.test\.ts$/;

/** Whether a file, or one that it imports, reaches out of the core. */
function reachesAround(path: string, seen = new Set<string>()): boolean {
  if (AROUND.test(path)) return true;
  if (path === FIXTURE || seen.has(path) || !existsSync(path)) return false;
  seen.add(path);
  return importsOf({ path, text: readFileSync(path, "utf8") })
    .some(({ target }) => reachesAround(target, seen));
}

/** The product's core under Deno: the same suites as under Node, unit and integration. */
export default defineConfig({
  ...project,
  test: {
    ...project.test,
    include: [
      "src/{domain,platform,zookeeper,coordination}/**/*.test.ts",
      ...readdirSync("tests/integration")
        .map((name) => `tests/integration/${name}`)
        .filter((path) => path.endsWith(".test.ts"))
        .filter((path) => !EXHAUSTIVE.test(path) && !reachesAround(path)),
    ],
    setupFiles: ["tests/deno/require_deno.ts"],
    maxWorkers: 4,
  },
});
