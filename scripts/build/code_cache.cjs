"use strict";
// node <CACHE_FLAGS> code_cache.cjs make <archive> <flags of the executable>
// node <flags of the executable> code_cache.cjs check <archive>
//
// Adds V8's code caches to an archive of chunks: the bytecode of every function that a few commands
// have called, so that the executable compiles next to nothing at start-up. Flags make the caches the
// same in every build: a fixed hash seed; no baseline compiler, for it leaves marks on the functions it
// happens to reach; no bytecode dropped, and a young generation so large that nothing is collected, for
// what V8 leaves unset in an object keeps what stood there before. V8 compares its flags when it loads
// a cache, so all are set to what the executable runs with before the caches are written.

const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");
const { openArchive } = require("./chunks.cjs");
const { commandLines } = require("./warm_up.cjs");
const { startTree } = require("./warm_up_zookeeper.cjs");

/** The defaults of the flags in `CACHE_FLAGS` (executable.mjs), and of what a command sets itself. */
const DEFAULT_FLAGS = [
  "--hash-seed=0",
  "--min-semi-space-size=0",
  "--max-semi-space-size=0",
  "--sparkplug",
  "--maglev-filter=*",
  "--turbo-filter=*",
  "--flush-bytecode",
  "--semi-space-growth-factor=2",
  "--heap-growing-percent=0",
];

/** Longest time, in ms, that one command of the warm-up may take. */
const COMMAND_MS = 20_000;

/**
 * Runs one command line in this process, to where the program would exit.
 *
 * @returns {Promise<number>} the status it would have exited with
 * @throws {Error} where it does not get there in time
 */
function runCommand(archive, args) {
  return new Promise((resolve, reject) => {
    const slow = setTimeout(() => reject(new Error(`Never ended: ${args.join(" ")}`)), COMMAND_MS);
    process.exitCode = 0;
    process.exit = (status = process.exitCode) => {
      clearTimeout(slow);
      for (const event of ["SIGINT", "SIGTERM", "uncaughtException", "unhandledRejection"]) {
        process.removeAllListeners(event);
      }
      process.stdout.removeAllListeners("error");
      process.stderr.removeAllListeners("error");
      process.exitCode = 0;
      resolve(status);
    };
    process.argv = [process.execPath, process.execPath, ...args];
    archive.start(require);
  });
}

/** A command that ends otherwise than it should warms up little; the build is none the worse. */
async function warmUp(archive) {
  const unexpected = [];
  const { write } = process.stderr;
  process.stderr.write = (_text, done) => {
    done?.();
    return true;
  };
  for (const [args, expected] of commandLines) {
    const status = await runCommand(archive, args);
    if (status !== expected) unexpected.push(`${args.join(" ")}: exit status ${status}`);
  }
  process.stderr.write = write;
  if (unexpected.length > 0) console.error(`The warm-up went astray: ${unexpected.join("; ")}`);
}

/** Opens the archive that the build has written to a directory, without caches of an earlier run. */
function readArchive(directory) {
  const index = JSON.parse(readFileSync(join(directory, "index"), "utf8"));
  for (const chunk of Object.values(index)) delete chunk.cache;
  const texts = readFileSync(join(directory, "texts"));
  return { index, archive: openArchive(index, texts, Buffer.alloc(0)) };
}

async function make(directory, runtimeFlags) {
  const { exit } = process;
  const home = mkdtempSync(join(tmpdir(), "warm-up-"));
  const tree = await startTree();
  process.env = { HOME: home, PATH: "", ZK_HOSTS: tree.hosts };
  const { index, archive } = readArchive(directory);
  process.chdir(home);
  try {
    await warmUp(archive);
  } finally {
    process.chdir("/");
    rmSync(home, { recursive: true });
  }

  for (const flag of [...DEFAULT_FLAGS, ...runtimeFlags]) setFlagsFromString(flag);
  const caches = [];
  let end = 0;
  for (const name of [...archive.scripts.keys()].sort()) {
    const cache = archive.scripts.get(name).createCachedData();
    index[name].cache = [end, end += cache.length];
    caches.push(cache);
  }
  writeFileSync(join(directory, "caches"), Buffer.concat(caches));
  writeFileSync(join(directory, "index"), JSON.stringify(index));
  exit(0);
}

/** Throws where V8 does not take what it has written: the executable would start slowly. */
function check(directory) {
  const texts = readFileSync(join(directory, "texts"));
  const caches = readFileSync(join(directory, "caches"));
  const index = JSON.parse(readFileSync(join(directory, "index")));
  for (const [name, { text, cache }] of Object.entries(index)) {
    if (cache === undefined) continue;
    const script = new Script(texts.latin1Slice(...text), {
      cachedData: caches.subarray(...cache),
    });
    if (script.cachedDataRejected) throw new Error(`V8 does not accept the code cache of ${name}`);
  }
}

const [action, directory, ...runtimeFlags] = process.argv.slice(2);
if (action === "check") check(directory);
else make(directory, runtimeFlags);
