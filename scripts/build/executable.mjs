import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { archiveCommand, bundleLauncher } from "./bundle.mjs";

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
  "--no-flush-bytecode",
];

/**
 * The Node that the executable of this platform is made of: npm carries it in a package, so that
 * nothing is downloaded at build time. Null where there is no such package.
 *
 * @returns {{node: string, target: string, version: string} | null}
 */
export function findRuntime(root) {
  const target = `${process.platform}-${process.arch}`;
  const directory = join(root, "node_modules", `node-${target}`);
  if (!existsSync(directory)) return null;
  const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return { node: join(directory, "bin/node"), target, version };
}

/**
 * Makes the executable: Node, the program, and the program's code caches in one file. pkg and the
 * caches both need the very Node that the executable starts with, so they run in it.
 *
 * @returns {Promise<string>} the path of the executable
 */
export async function buildExecutable(source, outdir, { node, target, version }) {
  const syntax = `node${version.split(".", 1)[0]}`;
  const archive = await archiveCommand({ source, outdir, target, syntax });
  const launcher = await bundleLauncher(script("./launcher.cjs"), outdir);
  const output = join(outdir, "claude-orchestrator");
  const run = (...args) =>
    execFileSync(node, args, { cwd: source.root, stdio: ["ignore", "ignore", "inherit"] });
  run(...CACHE_FLAGS, script("./code_cache.cjs"), "make", archive, ...RUNTIME_FLAGS);
  run(...RUNTIME_FLAGS, script("./code_cache.cjs"), "check", archive);
  run(script("./pack.mjs"), launcher, output, node, archive, ...RUNTIME_FLAGS);
  return output;
}
