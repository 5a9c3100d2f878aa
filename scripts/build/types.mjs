import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Writes the declarations of mod.ts and of what it re-exports to `types` in the output directory.
 *
 * @throws {Error} where the library does not type-check; the compiler has said why by then
 */
export function declareTypes({ root }, outdir) {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  const project = join(root, "tsconfig.library.json");
  execFileSync(process.execPath, [tsc, "-p", project, "--outDir", join(outdir, "types")], {
    cwd: root,
    stdio: "inherit",
  });
}
