// `npm run bench [part…]`: every benchmark, one after the other, each with its table. A part is a file
// in scripts/bench; it runs in the Node that the executable is made of, which reads TypeScript itself.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findRuntime, HOST_TARGET } from "./build/targets.mjs";
import { readSource } from "./build/source.mjs";

/** ms that one part may take. */
const PART_MS = 240_000;

/** Slices, operations of a kind in each, and operations under way: enough for a steady median. */
const CLIENT_LOAD = ["21", "5000", "256"];

const PARTS = [
  { name: "commands", title: "One-shot commands, as whole processes", args: [] },
  { name: "zookeeper_client", title: "ZooKeeper clients", args: CLIENT_LOAD },
  { name: "coordinator", title: "The embedded coordinator beside ZooKeeper", args: [] },
  { name: "claim_cost", title: "What a claim costs", args: [] },
  { name: "leader_hops", title: "From the end of a link to the start of the next", args: [] },
  { name: "screen", title: "The Leader's screen, 200 members and 10,000 tasks", args: [] },
];

const source = readSource();
const runtime = findRuntime(`${source.root}/node_modules`, HOST_TARGET);
if (runtime === null || !existsSync(`${source.root}/dist/claude-orchestrator`)) {
  console.error('Nothing to measure: "npm run build" makes the executable');
  process.exit(1);
}

const machine = cpus();
console.log(
  `claude-orchestrator ${source.version} (${source.commit}) · node ${runtime.version} · ` +
    `${runtime.target} · ${machine.length} × ${machine[0]?.model ?? "unknown processor"} · ` +
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
);

const asked = process.argv.slice(2);
for (const { name, title, args } of PARTS) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n## ${title}\n`);
  const part = fileURLToPath(new URL(`bench/${name}.ts`, import.meta.url));
  const { status, error } = spawnSync(runtime.node, [part, ...args], {
    cwd: source.root,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: PART_MS,
  });
  if (status !== 0) {
    console.error(`${name}: ${error?.message ?? `exit status ${status}`}`);
    process.exitCode = 1;
  }
}
