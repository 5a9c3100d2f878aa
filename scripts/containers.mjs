// Checks the Dockerfile where no container engine runs: makes its images with debootstrap, and runs them
// with runc. As root, on Debian: apt-get install debootstrap runc
//
//   node scripts/containers.mjs build <directory> [NAME=build argument …]
//   node scripts/containers.mjs run <directory> <stage> <name> [option …] [-- argument …]
//       -e NAME=value   -v /of/the/machine:/in/the/container   --entrypoint '["tini", "--", "sh", "-c"]'
//   node scripts/containers.mjs health <directory> <stage> <name>
//   runc kill <name> TERM

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ociConfig } from "./containers/bundle.mjs";
import { makeImages } from "./containers/images.mjs";

function build([directory, ...args]) {
  const pairs = args.map((each) => each.split("="));
  makeImages(resolve(import.meta.dirname, ".."), resolve(directory), Object.fromEntries(pairs));
  return 0;
}

function imageOf(directory, stage) {
  return JSON.parse(readFileSync(join(directory, `${stage}.json`), "utf8"));
}

/** Runs a container until it ends; runc passes signals on to it. */
function run(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      e: { type: "string", short: "e", multiple: true, default: [] },
      v: { type: "string", short: "v", multiple: true, default: [] },
      entrypoint: { type: "string" },
    },
  });
  const [directory = "", stage = "", name = "", ...args] = positionals;
  const bundle = join(resolve(directory), "containers", name);
  mkdirSync(bundle, { recursive: true });
  const config = ociConfig(join(resolve(directory), stage), imageOf(directory, stage), {
    name,
    args,
    env: Object.fromEntries(values.e.map((each) => each.split(/=(.*)/s).slice(0, 2))),
    mounts: values.v.map((each) => each.split(":")),
    ...(values.entrypoint === undefined ? {} : { entrypoint: JSON.parse(values.entrypoint) }),
  });
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config, null, 2));
  try {
    return started("runc", "run", "--bundle", bundle, name);
  } finally {
    rmSync(bundle, { recursive: true });
  }
}

/** The image's own check in a container that runs; its exit status. */
function health([directory, stage, name]) {
  return started("runc", "exec", name, ...imageOf(directory, stage).healthcheck);
}

function started(program, ...args) {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (error !== undefined) throw error;
  return status ?? 1;
}

const [action = "", ...rest] = process.argv.slice(2);
const actions = { build, run, health };
if (!(action in actions)) throw new Error("What is to be done: build, run or health?");
process.exitCode = actions[action](rest);
