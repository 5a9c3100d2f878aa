import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

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
    globalSetup: ["tests/support/built_once.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // One more than two processors: most suites wait for other processes half of the time.
    maxWorkers: 3,
  },
});
