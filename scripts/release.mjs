// `npm run release`: dist/release, all that is published of one commit: an archive for each platform,
// the npm package, the installer, their checksums, a bill of materials, and release.json, which says
// what of it was tried. docs/packaging.md says what is in it, and how to check and publish it.
//
//   --targets linux-x64,…   only these platforms
//   --built                 from the dist that is there, without building it anew
//   --output <directory>    elsewhere than dist/release
//   --base-url <address>    where releases are published: written into install.sh

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildExecutable } from "./build/executable.mjs";
import { readSource } from "./build/source.mjs";
import { executableName, HOST_TARGET, TARGETS } from "./build/targets.mjs";
import { billOfMaterials, bundledPackages } from "./release/bill_of_materials.mjs";
import { gatherDocumentation } from "./release/documentation.mjs";
import { gatherRuntimes, pinnedTargets } from "./release/runtimes.mjs";
import { tryOut } from "./release/try_out.mjs";

const { values: options } = parseArgs({
  options: {
    targets: { type: "string" },
    built: { type: "boolean", default: false },
    output: { type: "string" },
    "base-url": { type: "string" },
  },
});

const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** What the executable of this platform says of itself; `node` is the version that it is made of. */
function describeBuilt(executable) {
  const args = ["--version", "--output", "json"];
  const { name, version, commit, date, runtime } = JSON.parse(
    execFileSync(executable, args, { encoding: "utf8" }),
  );
  return { name, version, commit, date, node: runtime.replace("node ", "") };
}

/** The executable of a platform: that of the build, or one that is made now, of the same commit. */
async function executableFor(runtime, host, { source, dist, about, staging }) {
  if (runtime.target === HOST_TARGET) return join(dist, executableName(HOST_TARGET));
  if (about.commit !== source.commit) {
    throw new Error(`dist is of commit ${about.commit}, the checkout ${source.commit}`);
  }
  const outdir = join(staging, runtime.target);
  mkdirSync(outdir);
  return await buildExecutable(source, outdir, { runtime, host });
}

function writeArchive({ output, top, mtime, files, node }) {
  execFileSync(node, [script("./release/archive.mjs")], {
    input: JSON.stringify({ output, top, mtime, files }),
    stdio: ["pipe", "ignore", "inherit"],
  });
}

/** Packs and tries the executable of one platform; what release.json says of it. */
async function releaseTarget(runtime, host, work) {
  const { target } = runtime;
  const { about, documentation, outdir } = work;
  const executable = await executableFor(runtime, host, work);
  const top = `${about.name}-${target}`;
  const output = join(outdir, `${top}.tar.gz`);
  const files = [
    { name: executableName(target), path: executable, mode: 0o755 },
    ...documentation,
  ];
  writeArchive({ output, top, mtime: work.mtime, files, node: host.node });
  const { tested, how } = await tryOut(executable, target, {
    version: about.version,
    commit: about.commit,
    target,
    runtime: `node ${about.node}`,
  });
  console.log(`${top}.tar.gz: ${tested ? "tested" : "NOT tested"}, ${how}`);
  return {
    target,
    archive: `${top}.tar.gz`,
    archive_bytes: statSync(output).size,
    archive_sha256: sha256(output),
    executable: executableName(target),
    executable_bytes: statSync(executable).size,
    executable_sha256: sha256(executable),
    code_cache: target === HOST_TARGET,
    stripped: target.startsWith("linux-"),
    signature: target.startsWith("darwin-") ? "none: codesign --force --sign - <file>" : null,
    tested,
    tested_how: how,
  };
}

/** The npm package, from the bundle and the library of the build; its file's name. */
function packNpm(root, outdir) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", outdir];
  // npm warns of settings that it does not know; only stdout is JSON.
  const printed = execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = Object.values(JSON.parse(printed));
  return packed.filename;
}

/** The installer, which knows from then on where it is published, where that is told. */
function writeInstaller(root, outdir) {
  const text = readFileSync(join(root, "install.sh"), "utf8");
  const address = options["base-url"] ?? "";
  if (!/^(https:\/\/[!#-&(-~]+)?$/.test(address)) {
    throw new Error(`"${address}" is no https address`);
  }
  const line = /^RELEASE_BASE_URL=''$/m;
  if (!line.test(text)) throw new Error("install.sh has no line for the address of the releases");
  const written = text.replace(line, () => `RELEASE_BASE_URL='${address}'`);
  writeFileSync(join(outdir, "install.sh"), written, { mode: 0o755 });
}

/** Checksums of all files, in the format of `sha256sum -c`. */
function writeChecksums(outdir) {
  const lines = readdirSync(outdir).sort().map((name) =>
    `${sha256(join(outdir, name))}  ${name}\n`
  );
  writeFileSync(join(outdir, "SHA256SUMS"), lines.join(""));
}

async function release(source, targets, { outdir, staging }) {
  const { host, runtimes, lock } = gatherRuntimes(source.root, targets);
  if (!options.built) {
    execFileSync(process.execPath, [script("./build.mjs"), "--settled"], { stdio: "inherit" });
  }
  const dist = join(source.root, "dist");
  const executable = join(dist, executableName(HOST_TARGET));
  const about = describeBuilt(executable);
  const packages = bundledPackages(join(dist, "build/npm/meta.json"));
  const documentation = gatherDocumentation({
    root: source.root,
    executable,
    node: host.directory,
    packages,
    staging,
  });
  const mtime = (Date.parse(about.date) || 0) / 1000;
  const work = { source, dist, about, documentation, mtime, outdir, staging };

  mkdirSync(outdir, { recursive: true });
  const released = [];
  for (const runtime of runtimes) released.push(await releaseTarget(runtime, host, work));
  const npmPackage = packNpm(source.root, outdir);
  writeInstaller(source.root, outdir);
  const bom = billOfMaterials({
    root: source.root,
    about,
    packages,
    runtimes,
    versions: JSON.parse(
      execFileSync(host.node, ["-p", "JSON.stringify(process.versions)"], { encoding: "utf8" }),
    ),
    runtimeLock: lock,
  });
  const bomName = `${about.name}-${about.version}.cdx.json`;
  writeFileSync(join(outdir, bomName), `${JSON.stringify(bom, null, 2)}\n`);
  const description = {
    v: 1,
    ...about,
    npm_package: npmPackage,
    sbom: bomName,
    targets: released,
    not_made: TARGETS.filter((target) => !targets.includes(target)),
  };
  writeFileSync(join(outdir, "release.json"), `${JSON.stringify(description, null, 2)}\n`);
  writeChecksums(outdir);
}

const source = readSource();
const pinned = pinnedTargets(source.root);
const targets = options.targets?.split(",") ?? pinned;
const unknown = targets.filter((target) => !pinned.includes(target));
if (unknown.length > 0) {
  console.error(`Unknown target ${unknown.join(", ")}; there are ${pinned.join(", ")}`);
  process.exit(2);
}
const output = resolve(options.output ?? join(source.root, "dist/release"));
const staging = mkdtempSync(join(tmpdir(), "release-"));
try {
  const outdir = `${output}-next`;
  rmSync(outdir, { recursive: true, force: true });
  await release(source, targets, { outdir, staging });
  // Put in place only when all is there and was tried.
  rmSync(output, { recursive: true, force: true });
  renameSync(outdir, output);
  console.log(
    `${output}: ${readdirSync(output).length} files in ${(performance.now() / 1000).toFixed(0)} s`,
  );
} catch (error) {
  console.error(`Release failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(staging, { recursive: true });
}
