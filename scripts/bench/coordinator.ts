/**
 * Compares the embedded coordinator with ZooKeeper itself, both as they are run in earnest: every write
 * synced to disk before its answer. Bare packets, so that the clients cost little; turns of short slices,
 * so that whatever else the machine does falls on both. Then cold starts, and memory with many nodes.
 *
 *   node --experimental-strip-types scripts/bench/coordinator.ts [slices] [operations]
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { connect } from "../../src/zookeeper/client.ts";
import { startEmbedded } from "../../tests/support/embedded_zookeeper.ts";
import { startJvm } from "../../tests/support/jvm_zookeeper.ts";
import type { ZooKeeperServer } from "../../tests/support/zookeeper_server.ts";
import { Contender } from "./contender.ts";
import { type Kind, KINDS } from "./load.ts";

const [slices = 7, operations = 4_000] = process.argv.slice(2).map(Number);

/** Slices before the measured ones, for the compilers of both to do their work. */
const WARM_UP = 3;
/** Clients, and requests that each has under way. */
const LOADS = [{ clients: 1, outstanding: 1 }, { clients: 8, outstanding: 128 }] as const;
const COLD_STARTS = 5;
const NODES = 100_000;
const NODE_BYTES = 100;
/** Creates of the memory test under way at once. */
const FILLING = 1_000;

const START: Record<string, () => Promise<ZooKeeperServer>> = {
  "ZooKeeper": () => startJvm({ tickMs: 2_000, heapMb: 512, inEarnest: true }),
  "coordinator": () => startEmbedded({ tickMs: 2_000 }),
};
const CLIENT = [
  process.execPath,
  "--experimental-strip-types",
  `${import.meta.dirname}/raw_packets.ts`,
];

type Rates = Record<Kind, number[]>;

/** A server, and those who load it. */
interface Side {
  readonly name: string;
  readonly server: ZooKeeperServer;
  readonly clients: Contender[];
  readonly rates: Rates;
}

async function compareRates(load: (typeof LOADS)[number]): Promise<void> {
  const sides: Side[] = [];
  for (const [name, start] of Object.entries(START)) {
    const server = await start();
    const rates: Rates = { create: [], get: [], multi: [], delete: [] };
    sides.push({ name, server, clients: await startClients(server, load), rates });
  }
  const each = load.clients === 1 ? operations / 4 : operations;
  for (let slice = 0; slice < WARM_UP + slices; slice++) {
    for (const kind of KINDS) {
      for (const { clients, rates } of sides) {
        const costs = await Promise.all(
          clients.map((client) => client.run(kind, slice * each, (slice + 1) * each)),
        );
        const slowest = Math.min(...costs.map(({ rate }) => rate));
        if (slice >= WARM_UP) rates[kind].push(slowest * clients.length);
      }
    }
    sides.reverse();
  }
  print(load, sides);
  for (const { server, clients } of sides) {
    for (const client of clients) await client.stop();
    await server.stop();
  }
}

async function startClients(
  { hosts }: ZooKeeperServer,
  { clients, outstanding }: (typeof LOADS)[number],
): Promise<Contender[]> {
  const zk = await connect({ hosts }, nodeEnvironment);
  const started: Contender[] = [];
  for (let i = 0; i < clients; i++) {
    const { path: root } = await zk.create(`/b-${i}`);
    started.push(await Contender.start(`client ${i}`, CLIENT, { hosts, root, outstanding }));
  }
  await zk.close();
  return started;
}

function print({ clients, outstanding }: (typeof LOADS)[number], sides: Side[]): void {
  console.log(`${clients} × ${outstanding} outstanding, median of ${slices} slices, per second`);
  console.log(["".padEnd(14), ...KINDS.map((kind) => kind.padStart(12))].join(""));
  for (const { name, rates } of sides.toSorted((a, b) => b.name.localeCompare(a.name))) {
    const cells = KINDS.map((kind) => String(Math.round(median(rates[kind]))).padStart(12));
    console.log([name.padEnd(14), ...cells].join(""));
  }
}

/** From the start of the process to its first answer. */
async function coldStart(name: string, start: () => Promise<ZooKeeperServer>): Promise<void> {
  const server = await start();
  const times: number[] = [];
  for (let i = 0; i < COLD_STARTS; i++) {
    await server.kill();
    const begin = performance.now();
    await server.restart();
    times.push(performance.now() - begin);
  }
  console.log(`${name.padEnd(14)} ${median(times).toFixed(0).padStart(8)} ms from start to answer`);
  await server.stop();
}

async function memory(name: string, start: () => Promise<ZooKeeperServer>): Promise<void> {
  const server = await start();
  const zk = await connect({ hosts: server.hosts }, nodeEnvironment);
  const empty = residentMb(server);
  await zk.create("/nodes");
  for (let i = 0; i < NODES; i += FILLING) {
    await Promise.all(
      Array.from(
        { length: FILLING },
        (_, j) => zk.create(`/nodes/node-${i + j}`, new Uint8Array(NODE_BYTES)),
      ),
    );
  }
  console.log(
    `${name.padEnd(14)} ${empty.toFixed(0).padStart(8)} MB empty, ` +
      `${residentMb(server).toFixed(0)} MB with ${NODES} nodes of ${NODE_BYTES} bytes`,
  );
  await zk.close();
  await server.stop();
}

/** By the kernel's count, in MB; NaN where there is no /proc. */
function residentMb({ pid }: ZooKeeperServer): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

for (const load of LOADS) await compareRates(load);
for (const [name, start] of Object.entries(START)) await coldStart(name, start);
for (const [name, start] of Object.entries(START)) await memory(name, start);
