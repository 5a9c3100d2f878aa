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

const filename = "claude-orchestrator.cjs";

/** Longest time, in ms, that one command of the warm-up may take. */
const COMMAND_MS = 20_000;

/**
 * Runs one command line in this process, to where the program would exit.
 * @throws {Error} where it does not get there in time
 */
function runCommand(start, args) {
  return new Promise((resolve, reject) => {
    const slow = setTimeout(() => reject(new Error(`Never ended: ${args.join(" ")}`)), COMMAND_MS);
    process.exit = () => {
      clearTimeout(slow);
      for (const event of ["SIGINT", "SIGTERM", "uncaughtException", "unhandledRejection"]) {
        process.removeAllListeners(event);
      }
      process.stdout.removeAllListeners("error");
      process.stderr.removeAllListeners("error");
      process.exitCode = 0;
      resolve();
    };
    process.argv = [process.execPath, filename, ...args];
    const module = { exports: {} };
    start(module.exports, require, module, filename, ".");
  });
}

async function make(programPath, cachePath) {
  const { exit } = process;
  setFlagsFromString("--no-sparkplug");
  setFlagsFromString("--no-flush-bytecode");
  const home = mkdtempSync(join(tmpdir(), "warm-up-"));
  process.env = { HOME: home, PATH: "" };
  const script = new Script(readFileSync(programPath, "latin1"), { filename });
  const start = script.runInThisContext();
  process.chdir(home);
  try {
    for (const args of commandLines) await runCommand(start, args);
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
