// node pack.mjs <launcher> <output> <node> <archive> <flags of the executable>
// pkg's single-executable builder, called as a function: its command line would walk the dependency
// tree, wrap the program in a virtual file system, and look for a Node to download. The entry is
// internal to pkg, so package.json pins the exact version.
//
// The blob names its main script by the path it was given. pkg works in a directory that it makes in
// the one for temporary files; a private one of these, and a path relative to it, keep the checkout's
// place out of the executable.

import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const { default: packExecutable } = require("@yao-pkg/pkg/lib-es5/sea");
const { log } = require("@yao-pkg/pkg/lib-es5/log");

const [launcher, output, node, archive, ...execArgv] = process.argv.slice(2);
log.info = () => {};
const assets = Object.fromEntries(
  ["index", "texts", "caches"].map((name) => [name, join(archive, name)]),
);
const workspace = mkdtempSync(join(tmpdir(), "pack-"));
process.env.TMPDIR = workspace;
try {
  copyFileSync(launcher, join(workspace, "launcher.cjs"));
  await packExecutable(launcher, {
    targets: [{
      nodeRange: `node${process.versions.node.split(".", 1)[0]}`,
      platform: { darwin: "macos", win32: "win" }[process.platform] ?? process.platform,
      arch: process.arch,
      output,
    }],
    nodePath: node,
    signature: process.platform === "darwin",
    seaConfig: { main: "../launcher.cjs", assets, execArgv },
  });
} finally {
  rmSync(workspace, { recursive: true });
}
