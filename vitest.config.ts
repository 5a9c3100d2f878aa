import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";
import { LongestFirst } from "./tests/support/longest_first.ts";

/** Gives Vite what Deno and esbuild do themselves: `import text from "./x.md" with {type: "text"}`. */
const markdownAsText: Plugin = {
  name: "markdown-as-text",
  load: (id) =>
    id.endsWith(".md") ? `export default ${JSON.stringify(readFileSync(id, "utf8"))}` : null,
};

export default defineConfig({
  plugins: [markdownAsText],
  test: {
    include: ["src/**/*.test.ts", "cmd/**/*.test.ts", "tests/**/*.test.ts"],
    globalSetup: ["tests/support/built_once.ts", "tests/support/server_pool.ts"],
    sequence: { sequencer: LongestFirst },
    // What is waited for comes soon, and much later on a machine that is busy.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    pool: "forks",
    // A process for each worker, not for each suite: to load the product anew takes longer than most.
    isolate: false,
    // One more than two processors: most suites wait for other processes half of the time.
    maxWorkers: 3,
  },
});
