"use strict";
// node --hash-seed=1 code_cache.cjs make <program> <cache>
// node code_cache.cjs check <program> <cache>
//
// Writes V8's code cache of a program: the bytecode of every function that a few commands have
// called, so that the executable compiles next to nothing at start-up. Three flags make the cache the
// same in every build: a fixed hash seed, no baseline compiler (it leaves marks on the functions it
// happens to reach), no bytecode dropped by a collection. V8 compares its flags when it loads a cache,
// so they are set back to their defaults before the cache is written.

const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");
const { commandLines } = require("./warm_up.cjs");
const { startTree } = require("./warm_up_zookeeper.cjs");

const filename = "claude-orchestrator.cjs";

/** Longest time, in ms, that one command of the warm-up may take. */
const COMMAND_MS = 20_000;

/**
 * Runs one command line in this process, to where the program would exit.
 *
 * @returns {Promise<number>} the status it would have exited with
 * @throws {Error} where it does not get there in time
 */
function runCommand(start, args) {
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
    process.argv = [process.execPath, filename, ...args];
    const module = { exports: {} };
    start(module.exports, require, module, filename, ".");
  });
}

/** A command that ends otherwise than it should warms up little; the build is none the worse. */
async function warmUp(start) {
  const unexpected = [];
  const { write } = process.stderr;
  process.stderr.write = (_text, done) => {
    done?.();
    return true;
  };
  for (const [args, expected] of commandLines) {
    const status = await runCommand(start, args);
    if (status !== expected) unexpected.push(`${args.join(" ")}: exit status ${status}`);
  }
  process.stderr.write = write;
  if (unexpected.length > 0) console.error(`The warm-up went astray: ${unexpected.join("; ")}`);
}

async function make(programPath, cachePath) {
  const { exit } = process;
  setFlagsFromString("--no-sparkplug");
  setFlagsFromString("--no-flush-bytecode");
  const home = mkdtempSync(join(tmpdir(), "warm-up-"));
  const tree = await startTree();
  process.env = { HOME: home, PATH: "", ZK_HOSTS: tree.hosts };
  const script = new Script(readFileSync(programPath, "latin1"), { filename });
  const start = script.runInThisContext();
  process.chdir(home);
  try {
    await warmUp(start);
    setFlagsFromString("--sparkplug");
    setFlagsFromString("--flush-bytecode");
    setFlagsFromString("--hash-seed=0");
    writeFileSync(cachePath, script.createCachedData());
  } finally {
    process.chdir("/");
    rmSync(home, { recursive: true });
  }
  exit(0);
}

function check(programPath, cachePath) {
  const cachedData = readFileSync(cachePath);
  const script = new Script(readFileSync(programPath, "latin1"), { filename, cachedData });
  if (script.cachedDataRejected) {
    throw new Error("V8 does not accept the code cache it has written");
  }
}

const [action, program, cache] = process.argv.slice(2);
if (action === "check") check(program, cache);
else make(program, cache);
