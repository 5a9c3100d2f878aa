import { startCoordinator } from "../../src/coordinator/server.ts";
import { FileStorage } from "../../src/coordinator/storage/file_storage.ts";
import type { Coordinator } from "../../src/coordinator/server.ts";
import { sleep, type Timer } from "../../src/platform/clock.ts";
import { nodeDisk } from "../../src/platform/node/disk.ts";
import { listen } from "../../src/platform/node/listener.ts";
import { nodeProcessRegister } from "../../src/platform/node/process_register.ts";
import { sha1 } from "../../src/platform/node/sha1.ts";
import { keepHeapSmall } from "../../src/platform/node/small_heap.ts";
import type { Deps } from "../cli/command.ts";
import { versionInfo } from "../version.ts";
import { problemOf } from "./problems.ts";
import {
  readServerFile,
  removeServerFile,
  type ServerFile,
  writeServerFile,
} from "./server_file.ts";
import { type CoordinatorSettings, LOOPBACK } from "./settings.ts";

/** ms between two looks whether anybody is connected, at most. */
const IDLE_CHECK_MS = 30_000;

/**
 * Serves until it is told to stop, until nobody has been connected for long enough, or until its storage
 * breaks. Prints one document as soon as it serves, and afterwards nothing on stdout; what happens goes
 * to stderr, a JSON object a line.
 */
export async function serve(deps: Deps, settings: CoordinatorSettings): Promise<void> {
  keepHeapSmall();
  const { dataDirectory } = settings;
  const [clock, files] = await Promise.all([deps.clock(), deps.files()]);
  const log = (type: string, details: object) => {
    const time = new Date(clock.now()).toISOString();
    deps.host.stderr.write(`${JSON.stringify({ v: 1, type, time, ...details })}\n`);
  };
  const coordinator = await open(deps, settings, log);
  try {
    const server = describe(coordinator, settings, new Date(clock.now()).toISOString());
    writeServerFile(files, dataDirectory, server);
    log("serving", server);
    await deps.out.document({ ...server, status: "started", data_dir: dataDirectory });
    const reason = await untilEnd(deps, coordinator, dataDirectory);
    log("stopping", { reason });
  } finally {
    removeServerFile(files, dataDirectory);
    await coordinator.close();
  }
  const broken = await coordinator.ended;
  if (broken !== null) throw problemOf(broken, dataDirectory);
}

async function open(
  deps: Deps,
  { dataDirectory, port }: CoordinatorSettings,
  log: (type: string, details: object) => void,
): Promise<Coordinator> {
  const [clock, random] = await Promise.all([deps.clock(), deps.random()]);
  const storage = new FileStorage({
    disk: nodeDisk,
    directory: dataDirectory,
    processes: nodeProcessRegister,
    id: () => random.id(),
    random: () => random.next(),
    sleep: (ms) => sleep(clock, ms),
    report: ({ type, ...details }) => log(type, details),
  });
  const report = (error: unknown) =>
    log("error", { message: error instanceof Error ? error.message : String(error) });
  try {
    return await startCoordinator(
      { address: { host: LOOPBACK, port }, dataDirectory, report },
      { clock, random, listen, storage, sha1 },
    );
  } catch (error) {
    throw problemOf(error, dataDirectory);
  }
}

function describe(
  { address }: Coordinator,
  { idleTimeoutMs }: CoordinatorSettings,
  startedAt: string,
): ServerFile {
  return {
    v: 1,
    pid: nodeProcessRegister.self().pid,
    address: `${address.host}:${address.port}`,
    port: address.port,
    started_at: startedAt,
    idle_timeout_ms: idleTimeoutMs,
    version: versionInfo().version,
  };
}

/** Why it is over. */
async function untilEnd(
  deps: Deps,
  coordinator: Coordinator,
  dataDirectory: string,
): Promise<"told" | "idle" | "broken"> {
  const [clock, files] = await Promise.all([deps.clock(), deps.files()]);
  let timer: Timer | undefined;
  const ending = new Promise<"told" | "idle" | "broken">((resolve) => {
    const check = () => {
      // Whoever starts by name what runs already takes the time limit away.
      const limit = readServerFile(files, dataDirectory)?.idle_timeout_ms ?? null;
      const { idleSince } = coordinator;
      const idleMs = idleSince === null ? 0 : clock.now() - idleSince;
      if (limit !== null && idleMs >= limit) return resolve("idle");
      timer = clock.timer(Math.min(IDLE_CHECK_MS, (limit ?? Infinity) / 4), check);
    };
    check();
    if (deps.signal.aborted) resolve("told");
    deps.signal.addEventListener("abort", () => resolve("told"), { once: true });
    void coordinator.ended.then(() => resolve("broken"));
  });
  return await ending.finally(() => timer?.cancel());
}
