import { FileStorage } from "../../src/coordinator/storage/file_storage.ts";
import { defaultLimits } from "../../src/coordinator/limits.ts";
import { startCoordinator } from "../../src/coordinator/server.ts";
import { sleep } from "../../src/platform/clock.ts";
import { nodeDisk } from "../../src/platform/node/disk.ts";
import { listen } from "../../src/platform/node/listener.ts";
import { nodeProcessRegister } from "../../src/platform/node/process_register.ts";
import { sha1 } from "../../src/platform/node/sha1.ts";
import { keepHeapSmall } from "../../src/platform/node/small_heap.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import type { EmbeddedSettings } from "./embedded_zookeeper.ts";

/**
 * An embedded coordinator in a process of its own, on files. Arguments: `EmbeddedSettings` as JSON.
 * SIGTERM ends it in good order.
 */
const settings: EmbeddedSettings = JSON.parse(process.argv[2] ?? "");
keepHeapSmall();

/** Where ZooKeeper itself would keep it, for tests that take it away. */
const directory = `${settings.dataDir}/version-2`;
const limits = defaultLimits(settings.tickMs);
const report = (what: unknown) => console.error(what);

const storage = new FileStorage({
  directory,
  disk: nodeDisk,
  processes: nodeProcessRegister,
  id: () => systemRandom.id(),
  random: () => systemRandom.next(),
  sleep: (ms) => sleep(systemClock, ms),
  report,
});
const coordinator = await startCoordinator({
  address: { host: "127.0.0.1", port: settings.port },
  dataDirectory: directory,
  limits: {
    ...limits,
    maxSessionTimeoutMs: 60_000,
    maxPacketBytes: settings.maxPacketBytes ?? limits.maxPacketBytes,
    containerCheckMs: settings.containerCheckMs ?? limits.containerCheckMs,
    handshakeTimeoutMs: settings.handshakeTimeoutMs ?? limits.handshakeTimeoutMs,
  },
  report,
}, { clock: systemClock, random: systemRandom, listen, sha1, storage });

process.on("SIGTERM", () => void coordinator.close());
const broken = await coordinator.ended;
process.exit(broken === null ? 0 : 1);
