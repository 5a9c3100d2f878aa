import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";

const require = createRequire(import.meta.url);

/**
 * Writes the declarations of mod.ts and of what it re-exports to `types` in the output directory, with
 * those of zod among them: the package brings all that its types name.
 *
 * @throws {Error} where the library does not type-check; the compiler has said why by then
 */
export function declareTypes({ root }, outdir) {
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  const project = join(root, "tsconfig.library.json");
  const types = join(outdir, "types");
  execFileSync(process.execPath, [tsc, "-p", project, "--outDir", types], {
    cwd: root,
    stdio: "inherit",
  });
  const written = readdirSync(types, { recursive: true }).map((path) => path.replaceAll("\\", "/"));
  for (const path of written.filter((path) => path.endsWith(".d.ts"))) {
    const file = join(types, path);
    const place = posix.relative(posix.dirname(path), "zod/index.js");
    const name = place.startsWith(".") ? place : `./${place}`;
    writeFileSync(file, readFileSync(file, "utf8").replaceAll('from "zod"', `from "${name}"`));
  }
  bringZod(join(types, "zod"));
}

/** Copies the declarations of zod that its main one leads to, with its licence. */
function bringZod(directory) {
  const zod = dirname(require.resolve("zod/package.json"));
  const found = new Set(["index.d.ts"]);
  // A set that grows while it is walked is walked to its end.
  for (const path of found) {
    const text = readFileSync(join(zod, path), "utf8");
    for (const [, name] of text.matchAll(/\bfrom "(\.[^"]+)\.js"/g)) {
      found.add(posix.join(posix.dirname(path), `${name}.d.ts`));
    }
  }
  for (const path of ["LICENSE", ...found]) cpSync(join(zod, path), join(directory, path));
}
