// node pack.mjs <launcher> <output> <node> <program> <cache>
// pkg's single-executable builder, called as a function: its command line would walk the dependency
// tree, wrap the program in a virtual file system, and look for a Node to download. The entry is
// internal to pkg, so package.json pins the exact version.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { default: packExecutable } = require("@yao-pkg/pkg/lib-es5/sea");
const { log } = require("@yao-pkg/pkg/lib-es5/log");

const [launcher, output, node, program, cache] = process.argv.slice(2);
log.info = () => {};
await packExecutable(launcher, {
  targets: [{
    nodeRange: `node${process.versions.node.split(".", 1)[0]}`,
    platform: { darwin: "macos", win32: "win" }[process.platform] ?? process.platform,
    arch: process.arch,
    output,
  }],
  nodePath: node,
  signature: process.platform === "darwin",
  seaConfig: { assets: { program, cache } },
});
