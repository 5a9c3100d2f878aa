import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Builds before the first test where nothing is built yet (`npm test` has built by then). A build that
 * fails says why, and leaves it to the tests that need it to fail.
 */
export default function buildOnce(): void {
  const root = join(import.meta.dirname, "../..");
  if (existsSync(join(root, "dist/claude-orchestrator.cjs"))) return;
  spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { cwd: root, stdio: "inherit" });
}
