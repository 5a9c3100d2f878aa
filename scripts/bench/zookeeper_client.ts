/**
 * Compares the product's ZooKeeper client with two others and with bare packets: operations a second
 * over one connection each, and the client's processor time, against one server, in turns of short
 * slices.
 *
 *   node --experimental-strip-types scripts/bench/zookeeper_client.ts [slices] [operations] [outstanding]
 *
 * `ZK_HOSTS=host:port` names a server that runs already.
 */
import process from "node:process";
import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { connect } from "../../src/zookeeper/client.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { startZooKeeper } from "../../tests/support/zookeeper_server.ts";
import { Contender, type Cost } from "./contender.ts";
import { type Kind, KINDS } from "./load.ts";

const [slices = 20, operations = 3_000, outstanding = 256] = process.argv.slice(2).map(Number);

/** Slices before the measured ones, for the compilers to do their work. */
const WARM_UP = 2;

const typescript = (file: string) => [
  process.execPath,
  "--experimental-strip-types",
  `${import.meta.dirname}/${file}`,
];
const FLOOR = "raw packets";
const COMMANDS: Record<string, readonly string[]> = {
  [FLOOR]: typescript("raw_packets.ts"),
  "this client": typescript("own_client.ts"),
  "node-zookeeper-client": typescript("node_zookeeper_client.ts"),
  "kazoo": ["/usr/bin/python3", `${import.meta.dirname}/kazoo_client.py`],
};

type Results = Map<string, Record<Kind, Cost[]>>;

/** One slice of each kind by each contender, in an order that changes from slice to slice. */
async function runSlice(slice: number, contenders: Contender[], results: Results): Promise<void> {
  const [from, to] = [slice * operations, (slice + 1) * operations];
  for (const kind of KINDS) {
    for (const contender of contenders) {
      const cost = await contender.run(kind, from, to);
      if (slice >= WARM_UP) results.get(contender.name)?.[kind].push(cost);
    }
  }
  // Nobody always follows the same one, and whatever it has left the server to do.
  contenders.push(...contenders.splice(0, 1));
  if (slice % contenders.length === 0) contenders.reverse();
}

async function removeTree(zk: ZooKeeper, path: string): Promise<void> {
  const { children } = await zk.getChildren(path);
  await Promise.all(children.map((child) => zk.delete(`${path}/${child}`)));
  await zk.delete(path);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/**
 * Rates, as multiples too of the floor in the same slice, which met the same moment of the machine;
 * and processor time an operation, which noise touches less.
 */
function print(results: Results): void {
  const all = (name: string, kind: Kind, what: keyof Cost) =>
    (results.get(name)?.[kind] ?? []).map((cost) => cost[what]);
  console.log(`Median of ${slices} slices of ${operations} operations, ${outstanding} outstanding`);
  console.log(["".padEnd(22), ...KINDS.map((kind) => kind.padStart(24))].join(""));
  for (const name of results.keys()) {
    const cells = KINDS.map((kind) => {
      const floor = all(FLOOR, kind, "rate");
      const rates = all(name, kind, "rate");
      const ratio = median(rates.map((rate, slice) => rate / (floor[slice] ?? NaN))).toFixed(2);
      const cpu = median(all(name, kind, "cpu")).toFixed(1);
      return `${Math.round(median(rates))}/s ×${ratio} ${cpu} µs`.padStart(24);
    });
    console.log([name.padEnd(22), ...cells].join(""));
  }
}

const server = await startZooKeeper({ heapMb: 512 });
try {
  const zk = await connect({ hosts: server.hosts }, nodeEnvironment);
  const contenders: Contender[] = [];
  const results: Results = new Map();
  for (const [name, command] of Object.entries(COMMANDS)) {
    const root = (await zk.create("/b-", undefined, { mode: "persistent_sequential" })).path;
    const target = { hosts: server.hosts, root, outstanding };
    contenders.push(await Contender.start(name, command, target));
    results.set(name, { create: [], get: [], multi: [], delete: [] });
  }
  for (let slice = 0; slice < WARM_UP + slices; slice++) {
    await runSlice(slice, contenders, results);
  }
  print(results);
  for (const contender of contenders) {
    await contender.stop();
    await removeTree(zk, contender.root);
  }
  await zk.close();
} finally {
  await server.stop();
}
