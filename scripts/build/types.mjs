import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Writes the declarations of mod.ts and of what it re-exports to dist/types.
 * @throws {Error} where the library does not type-check; the compiler has said why by then
 */
export function declareTypes({ root }) {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.library.json")], {
    cwd: root,
    stdio: "inherit",
  });
}
