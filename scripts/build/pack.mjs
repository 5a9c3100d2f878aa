// node pack.mjs <launcher> <output> <node> <target> <archive> <flags of the executable>
// Puts a launcher and an archive of chunks into a copy of a Node.
//
// For the platform that builds, by pkg's single-executable builder, called as a function: its command
// line would walk the dependency tree, wrap the program in a virtual file system, and look for a Node to
// download. The entry is internal to pkg, so package.json pins the exact version. For another platform
// pkg would run the Node of that platform, or download one; so the same two steps are taken here, with
// pkg's own injector.
//
// The blob names its main script by the path it was given. pkg works in a directory that it makes in
// the one for temporary files; a private one of these, and a path relative to it, keep the checkout's
// place out of the executable.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripElf } from "./strip_elf.mjs";
import { HOST_TARGET } from "./targets.mjs";

const require = createRequire(import.meta.url);
const pkg = require.resolve("@yao-pkg/pkg/lib-es5/sea");

const [launcher, output, node, target, archive, ...execArgv] = process.argv.slice(2);
const assets = Object.fromEntries(
  ["index", "texts", "caches"].map((name) => [name, join(archive, name)]),
);

async function packHere(base) {
  const { default: packExecutable } = require(pkg);
  const { log } = require("@yao-pkg/pkg/lib-es5/log");
  log.info = () => {};
  await packExecutable(launcher, {
    targets: [{
      nodeRange: `node${process.versions.node.split(".", 1)[0]}`,
      platform: { darwin: "macos", win32: "win" }[process.platform] ?? process.platform,
      arch: process.arch,
      output,
    }],
    nodePath: base,
    signature: process.platform === "darwin",
    seaConfig: { main: "../launcher.cjs", assets, execArgv },
  });
}

/** The blob is the same for every platform; it has to come from the same version of Node. */
async function packForeign(base, workspace) {
  const { inject } = createRequire(pkg)("postject");
  const config = {
    main: "launcher.cjs",
    output: "blob",
    disableExperimentalSEAWarning: true,
    assets,
    execArgv,
  };
  writeFileSync(join(workspace, "config.json"), JSON.stringify(config));
  execFileSync(process.execPath, ["--experimental-sea-config", "config.json"], {
    cwd: workspace,
    stdio: ["ignore", "ignore", "inherit"],
  });
  copyFileSync(base, output);
  await inject(output, "NODE_SEA_BLOB", readFileSync(join(workspace, "blob")), {
    sentinelFuse: "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2",
    overwrite: true,
    ...(target.startsWith("darwin-") && { machoSegmentName: "NODE_SEA" }),
  });
}

const workspace = mkdtempSync(join(tmpdir(), "pack-"));
process.env.TMPDIR = workspace;
try {
  copyFileSync(launcher, join(workspace, "launcher.cjs"));
  const base = join(workspace, "node");
  if (target.startsWith("linux-")) writeFileSync(base, stripElf(readFileSync(node)));
  else copyFileSync(node, base);
  chmodSync(base, 0o755);
  await (target === HOST_TARGET ? packHere(base) : packForeign(base, workspace));
  chmodSync(output, 0o755);
} finally {
  rmSync(workspace, { recursive: true });
}
