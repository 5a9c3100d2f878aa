import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { archiveCommand, bundleLauncher } from "./bundle.mjs";
import { executableName } from "./targets.mjs";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * What the executable's Node is started with: room for all that a command makes before it ends, so that
 * the collector has nothing to do in it.
 */
const RUNTIME_FLAGS = ["--min-semi-space-size=16"];

/** Make V8 write the same code cache every time; code_cache.cjs says why each. */
const CACHE_FLAGS = [
  "--hash-seed=1",
  "--min-semi-space-size=128",
  "--max-semi-space-size=128",
  "--no-sparkplug",
  "--maglev-filter=none",
  "--turbo-filter=none",
  "--no-flush-bytecode",
];

/** How often the caches are made, at most, until two of them are the same. */
const CACHE_ATTEMPTS = 6;

/**
 * Makes the caches; settled ones until the same have come out twice. On a busy machine the odd run leaves
 * a few bytes otherwise that nothing executes, and every release of a commit is to have the same ones.
 */
function makeCaches(run, archive, settled) {
  const seen = new Set();
  for (let attempt = 1; attempt <= CACHE_ATTEMPTS; attempt++) {
    run(...CACHE_FLAGS, script("./code_cache.cjs"), "make", archive, ...RUNTIME_FLAGS);
    const caches = createHash("sha256").update(readFileSync(join(archive, "caches"))).digest("hex");
    if (!settled || seen.has(caches)) return;
    seen.add(caches);
  }
  throw new Error(`No two of ${CACHE_ATTEMPTS} code caches are the same`);
}

/**
 * Makes an executable: Node, the program, and the program's code caches in one file. pkg and the
 * caches both need the very Node that the executable starts with, so they run in it; an executable for
 * another platform is packed by the Node of this one, of the same version, and has no caches.
 *
 * @param runtime {{node: string, target: string, version: string}} what the executable is made of
 * @param host {{node: string, target: string, version: string}} the same for the platform that builds
 * @param settled {boolean} whether the caches have to be the same as in another build of this commit
 * @returns {Promise<string>} the path of the executable
 */
export async function buildExecutable(
  source,
  outdir,
  { runtime, host = runtime, settled = false },
) {
  const { node, target, version } = runtime;
  const syntax = `node${version.split(".", 1)[0]}`;
  const archive = await archiveCommand({ source, outdir, target, syntax });
  const launcher = await bundleLauncher(script("./launcher.cjs"), outdir);
  const output = join(outdir, executableName(target));
  const run = (...args) =>
    execFileSync(host.node, args, { cwd: source.root, stdio: ["ignore", "ignore", "inherit"] });
  if (target === host.target) {
    makeCaches(run, archive, settled);
    run(...RUNTIME_FLAGS, script("./code_cache.cjs"), "check", archive);
  }
  const pack = [script("./pack.mjs"), launcher, output, node, target, archive, ...RUNTIME_FLAGS];
  // What the injector has to say of names of sections means nothing; what fails is in the error.
  execFileSync(host.node, pack, { cwd: source.root, stdio: ["ignore", "ignore", "pipe"] });
  return output;
}
