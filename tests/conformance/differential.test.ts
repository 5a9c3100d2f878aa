import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import { startEmbedded } from "../support/embedded_zookeeper.ts";
import { startJvm, whyNoJars } from "../support/jvm_zookeeper.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";
import { ObservedServer, type Sightings } from "./observed_server.ts";
import { type Operation, Operations } from "./operations.ts";

/** Sessions that are open at once. */
const PLACES = 4;
/** Operations that a session sends at once, at most. */
const BURST = 40;
/** So many in CI; less where somebody waits for the result. */
const OPERATIONS = Number(
  process.env["TEST_OPERATIONS"] ?? (process.env["CI"] === "true" ? 100_000 : 20_000),
);
const SEED = Number(process.env["TEST_SEED"] ?? randomInt(2 ** 31));
/** Bursts before the one that differs that are printed. */
const SHOWN = 10;
const NEVER_MS = 3_600_000;

const reason = whyNoJars();
const missing = reason !== null && process.env["CI"] !== "true";
if (missing) console.warn(`Skipped: comparison with ZooKeeper: ${reason}`);

describe.skipIf(missing)("the embedded coordinator beside ZooKeeper 3.8", () => {
  const servers: ZooKeeperServer[] = [];
  beforeAll(async () => {
    const options = { tickMs: 2_000, containerCheckMs: NEVER_MS };
    servers.push(...await Promise.all([startJvm(options), startEmbedded(options)]));
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  test(`answers ${OPERATIONS} random operations alike (TEST_SEED=${SEED})`, async () => {
    const started = performance.now();
    const pair = servers.map(({ port }) => new ObservedServer(port));
    const done = await compare(pair, new Operations(new SeededRandom(SEED)));
    const seconds = (performance.now() - started) / 1_000;
    console.log(`${done} operations alike on both in ${seconds.toFixed(1)} s, seed ${SEED}`);
    expect(done).toBeGreaterThanOrEqual(OPERATIONS);
    await Promise.all(pair.map((server) => server.close()));
  }, 600_000);
});

async function compare(pair: ObservedServer[], operations: Operations): Promise<number> {
  const onBoth = (act: (server: ObservedServer) => Promise<void>) => Promise.all(pair.map(act));
  for (let place = 0; place < PLACES; place++) await onBoth((server) => server.open(place));
  const before: string[] = [];
  let done = 0;
  while (done < OPERATIONS) {
    const place = operations.below(PLACES);
    const burst = drawBurst(operations, done);
    const [real, own] = await Promise.all(pair.map((server) => server.burst(place, burst)));
    const texts = burst.map(({ text }) => `  session at ${place}: ${text}`);
    const endsSession = burst.some(({ text }) => text === "closeSession");
    expect(
      comparable(own, endsSession),
      `operation ${done} and following, seed ${SEED}, after\n${before.join("\n")}\n` +
        `differ in\n${texts.join("\n")}`,
    ).toEqual(comparable(real, endsSession));
    before.push(...texts, "  --");
    before.splice(0, Math.max(0, before.length - SHOWN * BURST));
    done += burst.length;
    await goOn(pair, place, endsSession, operations);
  }
  return done;
}

/**
 * Mostly what may stand together. Alone stands what a server answers ahead of its turn. Last comes what
 * ends a session, and a new ACL: in ZooKeeper 3.8 that counts only once it has been carried out, be that
 * before or after the next requests are decided; here it counts for the very next.
 */
function drawBurst(operations: Operations, zxid: number): Operation[] {
  if (operations.chance(0.03)) return [operations.auth()];
  if (operations.chance(0.01)) return [operations.unknown()];
  const burst = Array.from(
    { length: 1 + operations.below(BURST) },
    () => operations.next(zxid),
  );
  if (operations.chance(0.02)) burst.push(operations.close());
  else if (operations.chance(0.3)) burst.push(operations.setAcl());
  return burst;
}

/** Sessions that have ended, or lost their connection, come again on both servers. */
async function goOn(
  pair: ObservedServer[],
  place: number,
  endsSession: boolean,
  operations: Operations,
): Promise<void> {
  const isClosed = pair.map((server) => server.isClosed(place));
  expect(isClosed[1]).toBe(isClosed[0]);
  const comesBack = operations.chance(0.02);
  await Promise.all(pair.map(async (server) => {
    if (endsSession) await server.open(place);
    else if (isClosed[0] === true) await server.attach(place, server.key(place));
    else if (comesBack) await server.reattach(place);
  }));
}

/** The ephemeral nodes of a session go in no order, so the events of that have none, either. */
function comparable(sightings: Sightings | undefined, endsSession: boolean): Sightings {
  if (sightings === undefined) throw new Error("A server was not asked");
  if (!endsSession) return sightings;
  return sightings.map((each) => [
    ...each.filter((text) => !text.startsWith("event ")),
    ...each.filter((text) => text.startsWith("event ")).sort(),
  ]);
}
