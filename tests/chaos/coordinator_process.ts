/**
 * An embedded coordinator that takes snapshots often, until it is killed. Says its port on stdout once it
 * serves. Arguments: the directory.
 */
import process from "node:process";
import { defaultLimits } from "../../src/coordinator/limits.ts";
import { startCoordinator } from "../../src/coordinator/server.ts";
import { listen } from "../../src/platform/node/listener.ts";
import { sha1 } from "../../src/platform/node/sha1.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { realStorage } from "../support/real_storage.ts";

/** Bytes of the log after which a snapshot is taken: so few that kills meet it often. */
const SNAPSHOT_AT = 100_000;

const [directory = ""] = process.argv.slice(2);
const report = (what: unknown) => void process.stderr.write(`${JSON.stringify(what)}\n`);
const { address } = await startCoordinator({
  address: { host: "127.0.0.1", port: 0 },
  dataDirectory: directory,
  limits: { ...defaultLimits(), snapshotAfterBytes: SNAPSHOT_AT },
  report: (error) => report({ type: "error", message: String(error) }),
}, {
  clock: systemClock,
  random: systemRandom,
  listen,
  sha1,
  storage: realStorage(directory, report),
});
process.stdout.write(`${address.port}\n`);
