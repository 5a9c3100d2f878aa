import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import project from "../../vitest.config.ts";

const SUITE = /from "\.\.\/support\/zookeeper_suite\.ts"/;

/** On the coordinator, the real Claude Code is at work in `tests/e2e/run_claude.test.ts`. */
const ELSEWHERE = /\/worker_claude\.test\.ts$/;

/** Suites of a directory that talk to a server; the others would only run a second time. */
function suitesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(directory, name))
    .filter((path) => SUITE.test(readFileSync(path, "utf8")) && !ELSEWHERE.test(path));
}

/** The same integration and chaos suites, on the embedded coordinator in place of ZooKeeper. */
export default defineConfig({
  ...project,
  test: {
    ...project.test,
    include: [...suitesIn("tests/integration"), ...suitesIn("tests/chaos")],
    env: { TEST_ZOOKEEPER: "embedded" },
    // Without a JVM beside each of them, and without the programs of e2e, workers wait more.
    maxWorkers: 4,
  },
});
