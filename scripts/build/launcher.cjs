"use strict";
// The main script of the executable: runs the program that lies beside it, from its code caches.
// Node's own `useCodeCache` would cache only what compiles before the first line runs; these hold the
// functions that commands have been seen to call, too.
const { getRawAsset } = require("node:sea");
const { openArchive } = require("./chunks.cjs");

const asset = (name) => Buffer.from(getRawAsset(name));
openArchive(JSON.parse(asset("index").latin1Slice()), asset("texts"), asset("caches")).start(
  require,
);
