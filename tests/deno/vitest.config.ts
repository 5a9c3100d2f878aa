import { defineConfig } from "vitest/config";
import project from "../../vitest.config.ts";

/**
 * The product's core under Deno: the same suites as under Node, unit and integration. Left out are
 * those of agents, of files and of executables, which start programs with Node.
 */
export default defineConfig({
  ...project,
  test: {
    ...project.test,
    include: [
      "src/{domain,platform,zookeeper,coordination}/**/*.test.ts",
      "tests/integration/**/*.test.ts",
    ],
    exclude: ["tests/integration/{agent,config}_*.test.ts"],
    setupFiles: ["tests/deno/require_deno.ts"],
  },
});
