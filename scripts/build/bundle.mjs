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
 * and single executables take nothing else.
 *
 * Two passes, so that a lazy `import()` stays lazy and yet brings only what is used. The first splits
 * the program into chunks, and leaves out what nobody refers to. The second puts the chunks into one
 * file, each as an initialiser that runs on first use, and makes `import("node:x")` a `require`. In
 * one pass esbuild would wrap every lazily loaded module whole: all of zod, with its 50 languages.
 *
 * Leaves the chunks and the account of them in `build/` of the output directory.
 *
 * @returns {Promise<string>} the path of the file
 */
export async function bundleCommand({ source, outdir, target, syntax }) {
  const chunks = join(outdir, "build", target);
  const build = { commit: source.commit, date: source.date, target };
  const { metafile } = await bundle({
    ...common,
    absWorkingDir: source.root,
    entryPoints: { main: "cmd/main.ts" },
    outdir: chunks,
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
    target: syntax,
    define: { __BUILD__: JSON.stringify(build) },
    metafile: true,
  });
  writeFileSync(join(chunks, "meta.json"), JSON.stringify(metafile));

  const outfile = join(
    outdir,
    target === "npm" ? "claude-orchestrator.cjs" : `build/${target}.cjs`,
  );
  await bundle({
    ...common,
    absWorkingDir: chunks,
    entryPoints: ["main.mjs"],
    outfile,
    format: "cjs",
    target: syntax,
    supported: { "dynamic-import": false },
  });
  if (target === "npm") chmodSync(outfile, 0o755);
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
