import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The npm package as it would be published. */
export interface PackedPackage {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Paths in it, without the `package/` that they all begin with. */
  readonly files: readonly string[];
}

/**
 * The package of the release that `RELEASE_DIRECTORY` names, or else what is built, packed by `npm pack`
 * into a directory.
 */
export function packPackage(directory: string): PackedPackage {
  const tarball = releasedPackage() ?? packBuilt(directory);
  const listed = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trimEnd().split("\n");
  return { tarball, files: listed.map((path) => path.replace(/^package\//, "")).sort() };
}

function releasedPackage(): string | undefined {
  const directory = process.env["RELEASE_DIRECTORY"];
  if (directory === undefined) return undefined;
  const { npm_package: name } = JSON.parse(readFileSync(join(directory, "release.json"), "utf8"));
  return join(directory, name);
}

function packBuilt(directory: string): string {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", directory];
  // npm warns of settings that it does not know; only stdout is JSON.
  const packed = JSON.parse(execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }));
  const [entry] = Object.values<{ filename: string }>(packed);
  if (entry === undefined) throw new Error("npm packed nothing");
  return join(directory, entry.filename);
}

/** A directory of somebody who uses the package, and the environment of their programs. */
export interface Consumer {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * An empty directory with a home and an empty npm cache of its own, whose programs run under a given
 * Node. npm is told to stay offline, and that its registry is where nothing listens: the package has to
 * bring all that it needs.
 */
export function consumer(directory: string, node: string): Consumer {
  const place = join(directory, "project");
  mkdirSync(place, { recursive: true });
  return {
    directory: place,
    env: {
      HOME: directory,
      PATH: `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}`,
      npm_config_cache: join(directory, "npm-cache"),
      npm_config_offline: "true",
      npm_config_registry: "http://127.0.0.1:1/",
      npm_config_fetch_retries: "0",
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
    },
  };
}

/** Installs the package into the consumer's directory. */
export function install({ tarball }: PackedPackage, { directory, env }: Consumer): void {
  writeFileSync(join(directory, "package.json"), '{ "type": "module", "private": true }\n');
  execFileSync("npm", ["install", "--ignore-scripts", tarball], {
    cwd: directory,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
}
