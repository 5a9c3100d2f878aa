import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findRuntime, HOST_TARGET, packageOf, TARGETS } from "../build/targets.mjs";

/** Where a release has its Nodes from: a package of its own, whose lockfile pins their checksums. */
export const runtimesDirectory = (root) => join(root, "packaging/release-runtimes");

/** The platforms that a release can have an executable for: those whose Node is pinned. */
export function pinnedTargets(root) {
  const path = join(runtimesDirectory(root), "package.json");
  const { dependencies } = JSON.parse(readFileSync(path, "utf8"));
  return TARGETS.filter((target) => packageOf(target) in dependencies);
}

/**
 * The Nodes of some platforms, the building one's from the checkout's own `node_modules`. Those of the
 * others come by `npm ci`, checked against the lockfile; where they are there already, nothing is fetched.
 *
 * @returns {{host: object, runtimes: object[], lock: object}} what `findRuntime` gives, and the lockfile
 * @throws {Error} where a Node is missing, or is of another version than the rest
 */
export function gatherRuntimes(root, targets) {
  const directory = runtimesDirectory(root);
  const find = (target) =>
    findRuntime(join(target === HOST_TARGET ? root : directory, "node_modules"), target);
  if (targets.some((target) => find(target) === null)) {
    console.log("Fetching the Nodes of the other platforms");
    // npm refuses what is made for another platform, unless it is forced.
    const args = ["ci", "--force", "--ignore-scripts", "--no-progress", "--loglevel=error"];
    execFileSync("npm", args, { cwd: directory, stdio: ["ignore", "ignore", "inherit"] });
  }
  const host = find(HOST_TARGET);
  if (host === null) throw new Error(`node_modules has no Node for ${HOST_TARGET}`);
  const runtimes = targets.map((target) => {
    const runtime = find(target);
    if (runtime?.version === host.version) return runtime;
    throw new Error(
      `The Node for ${target} is ${runtime?.version ?? "missing"}; all have to be ${host.version}`,
    );
  });
  const lock = JSON.parse(readFileSync(join(directory, "package-lock.json"), "utf8"));
  return { host, runtimes, lock };
}
