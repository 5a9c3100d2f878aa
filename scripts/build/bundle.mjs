import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build as bundle } from "esbuild";

/** Options of both bundles. Names are kept, so that a stack trace from a user can be read. */
const common = {
  bundle: true,
  platform: "node",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  loader: { ".md": "text" },
  logLevel: "warning",
  // import.meta is empty in CommonJS: whoever uses it would find out on a user's machine.
  logOverride: { "empty-import-meta": "error" },
};

/**
 * Bundles cmd/main.ts with all it imports into one CommonJS file. CommonJS, because code caches
 * and single executables take nothing else; a lazy `import()` stays lazy, for esbuild turns it into
 * an initialiser that runs on first use, and `import("node:x")` into a `require`.
 *
 * @returns {Promise<string>} the path of the file
 */
export async function bundleCommand({ source, outdir, target, syntax }) {
  const build = { commit: source.commit, date: source.date, target };
  const outfile = join(
    outdir,
    target === "npm" ? "claude-orchestrator.cjs" : `build/${target}.cjs`,
  );
  const { metafile } = await bundle({
    ...common,
    absWorkingDir: source.root,
    entryPoints: ["cmd/main.ts"],
    outfile,
    format: "cjs",
    target: syntax,
    supported: { "dynamic-import": false },
    define: { __BUILD__: JSON.stringify(build) },
    metafile: true,
  });
  if (target === "npm") chmodSync(outfile, 0o755);
  else writeFileSync(`${outfile}.meta.json`, JSON.stringify(metafile));
  return outfile;
}

/**
 * Bundles mod.ts, the library. Its dependencies stay outside: an embedding program that uses zod
 * itself shares one copy with us.
 *
 * @returns {Promise<string>} the path of the file
 */
export async function bundleLibrary(source, outdir) {
  const outfile = join(outdir, "mod.js");
  await bundle({
    ...common,
    absWorkingDir: source.root,
    entryPoints: ["mod.ts"],
    outfile,
    format: "esm",
    target: "node20",
    packages: "external",
  });
  return outfile;
}
