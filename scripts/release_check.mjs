// `npm run release:check [-- <directory>]`: tries what dist/release holds, by the tests of the release and
// of the npm package, the package under every Node that a release fetches. Prints what it could not run.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { HOST_TARGET } from "./build/targets.mjs";
import { runtimesDirectory } from "./release/runtimes.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const directory = resolve(process.argv[2] ?? join(root, "dist/release"));
const release = JSON.parse(readFileSync(join(directory, "release.json"), "utf8"));

const versionOf = (node) => execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
const between = join(runtimesDirectory(root), "node_modules/node-22/bin/node");
const others = HOST_TARGET === "linux-x64" && existsSync(between) ? [between] : [];
// npm puts the Node of the executable before the machine's own.
const own = process.env.npm_node_execpath ?? process.execPath;
const versions = [versionOf(own), `v${release.node}`, ...others.map(versionOf)];

const tests = ["tests/e2e/release.test.ts", "tests/e2e/npm_package.test.ts"];
const { status } = spawnSync(join(root, "node_modules/.bin/vitest"), ["run", ...tests], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, RELEASE_DIRECTORY: directory, PACKAGE_NODES: others.join(":") },
});
process.exitCode = status ?? 1;

for (const { target, tested, tested_how: how } of release.targets) {
  console.log(`${target}: ${tested ? "tested" : "NOT tested"}, ${how}`);
}
for (const target of release.not_made) console.log(`${target}: NOT made`);
for (const major of ["v20.", "v22.", "v24."]) {
  const version = versions.find((each) => each.startsWith(major));
  const said = version === undefined ? "NOT tested, there is none here" : `tested, ${version}`;
  console.log(`npm package under Node ${major.slice(1, -1)}: ${said}`);
}
