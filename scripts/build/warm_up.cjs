"use strict";
// The commands that the code cache is made from: what runs in all of them, and what it takes to find
// out that nobody answers. Port 1 is nobody's.
const nobody = ["--zookeeper", "127.0.0.1:1", "--timeout", "1s"];

exports.commandLines = [
  ["--version"],
  ["--help"],
  ["push-task", "--help"],
  ["push-task", "--tittle", "x"],
  ["status", ...nobody],
];
