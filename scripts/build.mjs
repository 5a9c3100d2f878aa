// `npm run build`: dist/claude-orchestrator (one executable for this platform),
// dist/claude-orchestrator.cjs (what npm's `bin` starts, Node >= 20), dist/mod.js and dist/types
// (the library). Needs nothing but node_modules; docs/packaging.md says why it is built this way.
// With --settled, for a release, code caches are made until two of them are the same.

import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { bundleCommand, bundleLibrary } from "./build/bundle.mjs";
import { buildExecutable } from "./build/executable.mjs";
import { readSource } from "./build/source.mjs";
import { findRuntime, HOST_TARGET } from "./build/targets.mjs";
import { declareTypes } from "./build/types.mjs";

async function buildAll(source, outdir, settled) {
  const written = [
    await bundleCommand(source, outdir),
    await bundleLibrary(source, outdir),
  ];
  declareTypes(source, outdir);
  const runtime = findRuntime(join(source.root, "node_modules"), HOST_TARGET);
  if (runtime === null) {
    console.log(
      `No executable: node_modules has no Node for ${HOST_TARGET}. ` +
        "dist/claude-orchestrator.cjs runs on any Node >= 20",
    );
  } else {
    written.push(await buildExecutable(source, outdir, { runtime, settled }));
  }
  for (const path of written) {
    const kib = Math.ceil(statSync(path).size / 1024).toLocaleString("en");
    console.log(`dist${path.slice(outdir.length)}  ${kib} KiB`);
  }
}

const source = readSource();
// Put in place only when all is there: a broken build leaves the last good one alone.
const dist = join(source.root, "dist");
const outdir = `${dist}-next`;
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir);
try {
  await buildAll(source, outdir, process.argv.includes("--settled"));
  rmSync(dist, { recursive: true, force: true });
  renameSync(outdir, dist);
  const seconds = (performance.now() / 1000).toFixed(1);
  console.log(`Built ${source.version} (${source.commit}) in ${seconds} s`);
} catch (error) {
  // esbuild has said by now what is wrong, and where.
  console.error(`Build failed: ${error.errors ? "see above" : error.message}`);
  process.exitCode = 1;
}
