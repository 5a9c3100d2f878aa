"use strict";
// The main script of the executable: runs the program that lies beside it, from its code cache.
// Node's own `useCodeCache` caches only what compiles before the first line runs; this cache holds
// the functions that commands have been seen to call, too. V8 compiles as ever where it does not fit
// (V8 flags in NODE_OPTIONS).
const { getRawAsset } = require("node:sea");
const { Script } = require("node:vm");

// The program is pure ASCII (esbuild escapes the rest), and Latin-1 is the cheapest way to a string.
const program = new Script(Buffer.from(getRawAsset("program")).latin1Slice(), {
  filename: "claude-orchestrator.cjs",
  cachedData: new Uint8Array(getRawAsset("cache")),
});
program.runInThisContext()(exports, require, module, __filename, __dirname);
