import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Versions that Node reports which are of an interface, or of data, and name no component. */
const NO_COMPONENT = new Set(["node", "modules", "napi", "unicode", "cldr", "tz"]);

/**
 * The packages of which something is in a bundle, by esbuild's own account of it: what was left out of
 * the bundle is left out here.
 *
 * @param metafile {string} path of that account
 * @returns {string[]} their places, such as `node_modules/zod`, in order
 */
export function bundledPackages(metafile) {
  const places = new Set();
  for (const { inputs } of Object.values(readJson(metafile).outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const place = /(?:node_modules\/(?:@[^/]+\/)?[^/]+\/)+/.exec(path)?.[0];
      if (bytesInOutput > 0 && place !== undefined) places.add(place.slice(0, -1));
    }
  }
  return [...places].sort();
}

/** A package of npm by its entry in a lockfile, whose checksum is that of the package's tarball. */
function npmComponent(lock, place, type = "library") {
  const { version, license, integrity } = lock.packages[place];
  const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [algorithm, digest] = integrity.split("-", 2);
  return {
    type,
    "bom-ref": purl,
    name,
    version,
    hashes: [{
      alg: algorithm.toUpperCase().replace("SHA", "SHA-"),
      content: Buffer.from(digest, "base64").toString("hex"),
    }],
    licenses: [{ license: { id: license } }],
    purl,
  };
}

/** Node, with the packages that brought it, and with the libraries that it says it is made of. */
function nodeComponent(runtimes, versions, runtimeLock) {
  const { version } = runtimes[0];
  const parts = Object.entries(versions).filter(([name]) => !NO_COMPONENT.has(name)).map(
    ([name, version]) => ({
      type: "library",
      "bom-ref": `node/${name}@${version}`,
      name,
      version,
      purl: `pkg:generic/${name}@${encodeURIComponent(version)}`,
    }),
  );
  const packages = runtimes.map(({ directory }) =>
    npmComponent(runtimeLock, directory.slice(directory.lastIndexOf("node_modules/")), "platform")
  );
  return {
    type: "platform",
    "bom-ref": `pkg:generic/node@${version}`,
    name: "node",
    version,
    licenses: [{ license: { id: "MIT" } }],
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    purl: `pkg:generic/node@${version}`,
    components: [...packages, ...parts],
  };
}

/**
 * What the executables are made of, as CycloneDX 1.6. The same for every build of a commit: its serial
 * number is drawn from its content.
 *
 * @param root {string} of the checkout
 * @param about {{name: string, version: string, date: string}} what is released
 * @param packages {string[]} places of the packages in the bundle
 * @param runtimes {{version: string, directory: string}[]} the Nodes of the executables
 * @param versions {Record<string, string>} `process.versions` of one of them
 * @param runtimeLock {object} the lockfile that pins them
 */
export function billOfMaterials({ root, about, packages, runtimes, versions, runtimeLock }) {
  const lock = readJson(join(root, "package-lock.json"));
  const { license } = readJson(join(root, "package.json"));
  const libraries = packages.map((place) => npmComponent(lock, place));
  const node = nodeComponent(runtimes, versions, runtimeLock);
  const purl = `pkg:npm/${about.name}@${about.version}`;
  const dependsOn = (place) =>
    Object.keys(lock.packages[place].dependencies ?? {}).map((name) => `node_modules/${name}`)
      .filter((each) => packages.includes(each))
      .map((each) => npmComponent(lock, each)["bom-ref"]);
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: `${about.date}T00:00:00Z`,
      component: {
        type: "application",
        "bom-ref": purl,
        name: about.name,
        version: about.version,
        licenses: [{ license: { id: license } }],
        purl,
      },
    },
    components: [...libraries, node],
    dependencies: [
      { ref: purl, dependsOn: [...libraries, node].map((each) => each["bom-ref"]) },
      ...packages.map((place, index) => ({
        ref: libraries[index]["bom-ref"],
        dependsOn: dependsOn(place),
      })),
    ],
  };
  const [a, b, c, d] = sha256(JSON.stringify(bom)).match(/.{8}/g);
  // A name-based UUID of version 8, whose digits are the application's own.
  const uuid = `${a}-${b.slice(0, 4)}-8${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
  return { serialNumber: `urn:uuid:${uuid}`, ...bom };
}
