// `npm run build`: dist/claude-orchestrator (one executable for this platform),
// dist/claude-orchestrator.cjs (what npm's `bin` starts, Node >= 20), dist/mod.js and dist/types
// (the library). Needs nothing but node_modules; docs/packaging.md says why it is built this way.

import { mkdirSync, rmSync } from "node:fs";
import { statSync } from "node:fs";
import { join } from "node:path";
import { readSource } from "./build/source.mjs";
import { bundleCommand, bundleLibrary } from "./build/bundle.mjs";
import { declareTypes } from "./build/types.mjs";
import { buildExecutable, findRuntime } from "./build/executable.mjs";

const started = performance.now();
const source = readSource();
const dist = join(source.root, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

const written = [
  await bundleCommand({ source, target: "npm", runtime: "node >=20", esbuildTarget: "node20" }),
  await bundleLibrary(source),
];
await declareTypes(source);

const runtime = findRuntime(source.root);
if (runtime === null) {
  console.log(
    `No executable: there is no Node ${process.platform}-${process.arch} in node_modules to build it from. ` +
      "dist/claude-orchestrator.cjs runs on any Node >= 20.",
  );
} else {
  written.push(await buildExecutable(source, runtime));
}

for (const path of written) {
  const kib = Math.ceil(statSync(path).size / 1024);
  console.log(`${path.slice(source.root.length + 1)}  ${kib.toLocaleString("en")} KiB`);
}
const { version, commit } = source;
console.log(
  `Built ${version} (${commit}) in ${((performance.now() - started) / 1000).toFixed(1)} s`,
);
