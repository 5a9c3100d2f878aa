import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCommand } from "./bundle.mjs";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

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
 * Makes dist/claude-orchestrator: Node, the bundle, and the bundle's code cache in one file. pkg
 * and the code cache both need the very Node that the executable starts with, so they run in it.
 *
 * @returns {Promise<string>} the path of the executable
 */
export async function buildExecutable(source, outdir, { node, target, version }) {
  const bundle = await bundleCommand({
    source,
    outdir,
    target,
    syntax: `node${version.split(".", 1)[0]}`,
  });
  const program = `${bundle}.program`;
  const cache = `${bundle}.cache`;
  const output = join(outdir, "claude-orchestrator");

  // A script for vm.Script: an expression that the launcher calls with what CommonJS would give.
  const text = readFileSync(bundle, "utf8").replace(/^#!.*/, "");
  writeFileSync(program, `(function(exports,require,module,__filename,__dirname){${text}\n})`);

  const run = (...args) =>
    execFileSync(node, args, { cwd: source.root, stdio: ["ignore", "ignore", "inherit"] });
  run("--hash-seed=1", script("./code_cache.cjs"), "make", program, cache);
  run(script("./code_cache.cjs"), "check", program, cache);
  run(script("./pack.mjs"), script("./launcher.cjs"), output, node, program, cache);
  return output;
}
