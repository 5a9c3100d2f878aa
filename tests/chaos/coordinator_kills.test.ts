import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { bundleProgram } from "../support/bundled_program.ts";
import { connectTo } from "../support/task_team.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Rounds of a run, unless the time is over before; a run by hand can make more of both. */
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 200);
const LIMIT_MS = Number(process.env["KILL_LIMIT_MS"] ?? 30_000);
/** Rounds of a run on however slow a machine. */
const MIN_ROUNDS = 30;
const SEED = Number(process.env["KILL_SEED"] ?? 20_261_123);

const CLIENTS = 3;
/** Transactions of a client that are on their way at once. */
const WINDOW = 16;
/** ms after the first answer at which the server is killed, at most. */
const MAX_LIFE_MS = 60;

interface Server {
  readonly hosts: string;
  readonly reports: string[];
  kill(): Promise<void>;
}

async function startServer(program: string, directory: string): Promise<Server> {
  const child = spawn(process.execPath, [program, directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const reports: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => void reports.push(text));
  const ended = once(child, "close");
  const port = await Promise.race([once(child.stdout, "data"), ended.then(() => null)]);
  if (port === null) throw new Error(`The server ended: ${reports.join("")}`);
  return {
    hosts: `127.0.0.1:${Number(String(port))}`,
    reports,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const encode = (value: number) => new TextEncoder().encode(String(value));

/** What one client has done in one directory: numbers from 1 on, one transaction each. */
class Work {
  readonly directory: string;
  readonly #zk: ZooKeeper;
  #isAnswered = false;
  sent = 0;
  answered = 0;

  constructor(zk: ZooKeeper, directory: string) {
    this.#zk = zk;
    this.directory = directory;
  }

  /** Goes on until the connection is lost; `onAnswer` is told of the first one. */
  async goOn(onAnswer: () => void): Promise<void> {
    await this.#zk.create(this.directory, encode(0));
    this.#isAnswered = true;
    onAnswer();
    const lanes = Array.from({ length: WINDOW }, async () => {
      for (;;) await this.#next();
    });
    await Promise.allSettled(lanes);
  }

  async #next(): Promise<void> {
    const number = ++this.sent;
    const part = (name: string) => `${this.directory}/${name}-${number}`;
    await this.#zk.multi([
      { type: "create", path: part("a"), data: encode(number) },
      { type: "set", path: this.directory, data: encode(number), version: number - 1 },
      { type: "create", path: part("b") },
      ...(number > 5
        ? [{ type: "delete" as const, path: `${this.directory}/b-${number - 5}` }]
        : []),
    ]);
    this.answered = Math.max(this.answered, number);
  }

  /** Throws where an answer was a lie, or a transaction is there in part. */
  async verify(zk: ZooKeeper): Promise<number> {
    // The kill came before the answer to its very first request.
    if (!this.#isAnswered && await zk.exists(this.directory) === null) return 0;
    const [{ data, stat }, { children }] = await Promise.all([
      zk.getData(this.directory),
      zk.getChildren(this.directory),
    ]);
    const last = stat.version;
    expect(Number(new TextDecoder().decode(data))).toBe(last);
    expect(last).toBeGreaterThanOrEqual(this.answered);
    expect(last).toBeLessThanOrEqual(this.sent);
    const numbers = (name: string) =>
      children.filter((each) => each.startsWith(`${name}-`)).map((each) => Number(each.slice(2)))
        .toSorted((a, b) => a - b);
    expect(numbers("a")).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    const newest = Math.min(last, 5);
    expect(numbers("b")).toEqual(Array.from({ length: newest }, (_, at) => last - newest + at + 1));
    return last;
  }
}

test("kills under load lose nothing that was answered, and leave no transaction in part", {
  timeout: LIMIT_MS + 150_000,
}, async () => {
  const random = new SeededRandom(SEED);
  const place = temporaryDirectory();
  const [program, directory] = [join(place, "server.mjs"), join(place, "data")];
  await bundleProgram("../chaos/coordinator_process.ts", program);
  const began = performance.now();
  let [rounds, transactions, zxid] = [0, 0, 0n];
  let done: Work[] = [];
  const reports: string[] = [];
  const isTimeLeft = () => rounds < MIN_ROUNDS || performance.now() - began < LIMIT_MS;
  while (rounds < ROUNDS && isTimeLeft()) {
    const server = await startServer(program, directory);
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => connectTo(server.hosts, { sessionTimeoutMs: 4_000 })),
    );
    const [first] = clients;
    if (first === undefined) throw new Error("No client");
    for (const work of done) {
      transactions += await work.verify(first).catch((error) => {
        throw new Error(`Seed ${SEED}, round ${rounds}, ${work.directory}`, { cause: error });
      });
    }
    done = clients.map((zk, index) => new Work(zk, `/${rounds}-${index}`));
    let tell = () => {};
    const answered = new Promise<void>((resolve) => void (tell = resolve));
    const working = done.map((work) => work.goOn(tell).catch(() => {}));
    await answered;
    await new Promise((resolve) => setTimeout(resolve, random.next() * MAX_LIFE_MS));
    await server.kill();
    await Promise.all([...clients.map((zk) => zk.close()), ...working]);
    reports.push(...server.reports);
    rounds++;
  }
  const server = await startServer(program, directory);
  const zk = await connectTo(server.hosts);
  for (const work of done) transactions += await work.verify(zk);
  const { stat } = await zk.create("/last");
  zxid = stat.czxid;
  await zk.close();
  await server.kill();
  const snapshots = readdirSync(directory).filter((name) => name.startsWith("snapshot."));
  console.log(
    `${rounds} kills, ${transactions} transactions, zxid ${zxid}, ${snapshots.length} snapshots kept, ` +
      `${reports.length} reports; seed ${SEED}`,
  );
  expect(reports.filter((text) => text.includes('"error"'))).toEqual([]);
  // Two are kept; a kill may have come between a third one and the end of the first.
  expect(snapshots.length).toBeGreaterThan(0);
  expect(snapshots.length).toBeLessThanOrEqual(3);
  expect(transactions).toBeGreaterThan(rounds * 10);
});
