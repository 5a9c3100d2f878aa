import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build as bundle, transform } from "esbuild";

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
 * Splits a file with all it imports into chunks along its lazy `import()`s, and leaves out what nobody
 * refers to: `main.mjs` and others beside it in `build/<target>` of the output directory, with an
 * account of them in `meta.json`. In one pass esbuild would wrap every lazily loaded module whole, and
 * so keep all of zod, with its 50 languages.
 *
 * @returns {Promise<string>} the path of the directory
 */
async function split(file, { source, outdir, target, syntax, define = {} }) {
  const chunks = join(outdir, "build", target);
  const { metafile } = await bundle({
    ...common,
    absWorkingDir: source.root,
    entryPoints: { main: file },
    outdir: chunks,
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
    target: syntax,
    define,
    metafile: true,
  });
  writeFileSync(join(chunks, "meta.json"), JSON.stringify(metafile));
  return chunks;
}

function splitCommand({ source, outdir, target, syntax }) {
  const build = { commit: source.commit, date: source.date, target };
  const define = { __BUILD__: JSON.stringify(build) };
  return split("cmd/main.ts", { source, outdir, target, syntax, define });
}

/** CommonJS, because code caches take nothing else; `import("node:x")` becomes a `require`. */
const asCommonJs = { format: "cjs", supported: { "dynamic-import": false } };

/**
 * Bundles the command into the one file that npm's `bin` starts: the chunks, each an initialiser that
 * runs on first use.
 *
 * @returns {Promise<string>} the path of the file
 */
export async function bundleCommand(source, outdir) {
  const syntax = "node20";
  const chunks = await splitCommand({ source, outdir, target: "npm", syntax });
  const outfile = join(outdir, "claude-orchestrator.cjs");
  await bundle({
    ...common,
    ...asCommonJs,
    absWorkingDir: chunks,
    entryPoints: ["main.mjs"],
    outfile,
    target: syntax,
  });
  chmodSync(outfile, 0o755);
  return outfile;
}

/**
 * Writes the command as an archive of chunks (see chunks.cjs), without caches as yet. Its texts are
 * ASCII, a byte a character, so that places in it are bytes and V8 keeps it in one byte each.
 *
 * @returns {Promise<string>} the path of the directory that holds it
 */
export async function archiveCommand({ source, outdir, target, syntax }) {
  const chunks = await splitCommand({ source, outdir, target, syntax });
  const names = readdirSync(chunks).filter((name) => name.endsWith(".mjs")).sort();
  const texts = [];
  const index = {};
  let end = 0;
  for (const name of names) {
    const { code } = await transform(readFileSync(join(chunks, name), "utf8"), {
      ...asCommonJs,
      platform: "node",
      target: syntax,
      minifySyntax: true,
      minifyWhitespace: true,
    });
    // esbuild escapes what is not ASCII in texts, not in regular expressions.
    const other = /[\u0080-\uffff]/.exec(code);
    if (other !== null) {
      const place = code.slice(Math.max(0, other.index - 40), other.index + 40);
      throw new Error(`Not ASCII, write it as an escape (\\u2026): ${place}`);
    }
    const text = `(function(exports,require,module){${code.replace(/^#!.*/, "")}\n})`;
    index[`./${name}`] = { text: [end, end += text.length] };
    texts.push(text);
  }
  writeFileSync(join(chunks, "texts"), texts.join(""), "latin1");
  writeFileSync(join(chunks, "caches"), "");
  writeFileSync(join(chunks, "index"), JSON.stringify(index));
  return chunks;
}

/**
 * Bundles the main script of the executable, which can require nothing beside it.
 *
 * @returns {Promise<string>} the path of the file
 */
export async function bundleLauncher(launcher, outdir) {
  const outfile = join(outdir, "build/launcher.cjs");
  await bundle({ ...common, entryPoints: [launcher], outfile, format: "cjs" });
  return outfile;
}

/**
 * Bundles mod.ts, the library, with all that it needs: a package without dependencies can be installed,
 * and its command be run by `npx`, where no registry is reached.
 *
 * @returns {Promise<string>} the path of the file
 */
export async function bundleLibrary(source, outdir) {
  const syntax = "node20";
  const chunks = await split("mod.ts", { source, outdir, target: "library", syntax });
  const outfile = join(outdir, "mod.js");
  await bundle({
    ...common,
    absWorkingDir: chunks,
    entryPoints: ["main.mjs"],
    outfile,
    format: "esm",
    target: syntax,
  });
  return outfile;
}
