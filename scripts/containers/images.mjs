// Makes the root file systems of the images without a container engine, by carrying out the Dockerfile's own
// instructions: `FROM debian:…` is debootstrap's minimal system, `RUN` is chroot, and what comes from the
// stage `build` is taken from this checkout's dist. Needs root, debootstrap, and the network of apt.

import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { filled, readStages } from "./dockerfile.mjs";

const BUILD_STAGE = "build";
const EMPTY = { env: {}, user: "0", cwd: "/", entrypoint: [], cmd: [], healthcheck: [] };

/**
 * Makes `<directory>/<stage>` and `<directory>/<stage>.json`, the image's configuration, for every stage but
 * the one that builds the executable.
 *
 * @param {string} root of the checkout
 * @param {string} directory
 * @param {Record<string, string>} args build arguments
 */
export function makeImages(root, directory, args) {
  mkdirSync(directory, { recursive: true });
  const images = new Map();
  for (const stage of readStages(readFileSync(join(root, "Dockerfile"), "utf8"))) {
    if (stage.name === BUILD_STAGE) continue;
    console.error(`== ${stage.name}, from ${stage.from}`);
    const target = join(directory, stage.name);
    rmSync(target, { recursive: true, force: true });
    const config = structuredClone(images.get(stage.from) ?? EMPTY);
    beginWith(stage.from, target, directory);
    const place = { root, directory, target, args: { ...config.args, ...args }, config };
    for (const each of stage.instructions) carryOut(each, place);
    images.set(stage.name, config);
    writeFileSync(`${target}.json`, `${JSON.stringify(config, null, 2)}\n`);
  }
}

function run(program, ...args) {
  execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
}

function beginWith(from, target, directory) {
  if (from === "scratch") return mkdirSync(target);
  const [, suite] = /^debian:(\w+)-slim$/.exec(from) ?? [];
  const source = suite === undefined ? join(directory, from) : join(directory, `debian-${suite}`);
  if (suite !== undefined && !existsSync(source)) {
    run("debootstrap", "--variant=minbase", suite, source);
  }
  run("cp", "--archive", "--reflink=auto", source, target);
}

/** One instruction, on the file system below `target` or on the image's configuration. */
function carryOut({ op, flags, rest, words }, place) {
  const { args, config, target } = place;
  const values = { ...args, ...config.env };
  switch (op) {
    case "ARG": {
      const [name, value] = rest.split("=");
      args[name] ??= value;
      return;
    }
    case "RUN":
      return runInside(target, rest, values);
    case "COPY":
      return copy(flags.from, words, place);
    case "ENV":
      for (const word of words) {
        const [name, value] = word.split("=");
        config.env[name] = filled(value, values);
      }
      return;
    case "USER":
      config.user = filled(rest, values);
      return;
    case "WORKDIR":
      config.cwd = filled(rest, values);
      return mkdirSync(join(target, config.cwd), { recursive: true });
    case "ENTRYPOINT":
      config.entrypoint = JSON.parse(rest);
      config.cmd = [];
      return;
    case "CMD":
      config.cmd = JSON.parse(rest);
      return;
    case "HEALTHCHECK":
      config.healthcheck = JSON.parse(rest.replace(/^CMD\s+/, ""));
      return;
    default:
      throw new Error(`This cannot carry out ${op} ${rest}`);
  }
}

/** As this machine reaches its packages: its own sources and certificates would be no part of an image. */
function runInside(target, script, env) {
  const borrowed = ["etc/apt/apt.conf.d/00-of-the-machine", "etc/resolv.conf"];
  const acquire = execFileSync("apt-config", ["dump", "Acquire"]);
  const hadAny = borrowed.map((path) => existsSync(join(target, path)));
  writeFileSync(join(target, borrowed[0]), acquire);
  cpSync("/etc/resolv.conf", join(target, borrowed[1]), { dereference: true });
  try {
    execFileSync("chroot", [target, "/bin/sh", "-c", script], {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive", ...env },
      stdio: ["ignore", "ignore", "inherit"],
    });
  } finally {
    borrowed.forEach((path, index) => hadAny[index] || rmSync(join(target, path)));
  }
}

function copy(from, words, { root, directory, target }) {
  const [destination = "", ...sources] = words.toReversed();
  for (const source of sources) {
    const base = from === undefined || from === BUILD_STAGE ? root : join(directory, from);
    const path = from === BUILD_STAGE ? source.replace(/^\/build\//, "") : source;
    const found = matching(base, path.split("/"));
    if (found.length !== 1) throw new Error(`COPY ${source}: ${found.length} files`);
    copyOne(found[0], join(target, destination), destination.endsWith("/"));
  }
}

/** Paths below a directory, where a `*` stands for any part of one name. */
function matching(base, [name, ...rest]) {
  if (name === undefined) return [base];
  const [before, after] = name.split("*");
  const names = after === undefined
    ? [name].filter((each) => existsSync(join(base, each)))
    : readdirSync(base).filter((each) => each.startsWith(before) && each.endsWith(after));
  return names.flatMap((each) => matching(join(base, each), rest));
}

/** A directory's content, or a file; owners and modes as they are, as BuildKit keeps them between stages. */
function copyOne(source, destination, isInto) {
  if (statSync(source).isDirectory()) {
    mkdirSync(destination, { recursive: true });
    return run("cp", "--archive", `${source}/.`, destination);
  }
  mkdirSync(isInto ? destination : dirname(destination), { recursive: true });
  run("cp", "--preserve=mode", source, isInto ? join(destination, basename(source)) : destination);
}
