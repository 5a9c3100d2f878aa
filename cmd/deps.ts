import { OrchestratorError } from "../src/domain/errors.ts";
import { ZooKeeperError } from "../src/zookeeper/errors.ts";
import { untilAborted } from "../src/platform/aborted.ts";
import type { Clock } from "../src/platform/clock.ts";
import type { CommandEntry, Deps } from "./cli/command.ts";
import { wantsColours } from "./cli/colours.ts";
import type { Globals } from "./cli/globals.ts";
import type { Host } from "./cli/host.ts";
import { Output } from "./output.ts";

/** Longest time that closing the session may hold up the end of a command, in ms. */
const CLOSE_MS = 1000;

/** Calls `make` once, on first use; later callers share the promise. */
function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

/** Makes none of them yet. `brief`: the command reads a handful of records, and ends. */
export function makeDeps(
  host: Host,
  globals: Globals,
  signal: AbortSignal,
  commands: readonly CommandEntry[],
  brief: boolean,
): Deps {
  const out = new Output(host.stdout, host.stderr, {
    format: globals.output,
    quiet: globals.quiet,
    verbose: globals.verbose,
    colours: globals.output === "table" && wantsColours(host.env, {
      noColor: globals["no-color"],
      isTerminal: host.stdout.isTerminal,
    }),
  });
  const closers: (() => Promise<void>)[] = [];
  const clock = lazy(async () =>
    (await import("../src/platform/node/system_clock.ts")).systemClock
  );
  const random = lazy(async () =>
    (await import("../src/platform/node/device_random.ts")).deviceRandom
  );
  const files = lazy(async () => (await import("../src/platform/node/files.ts")).nodeFiles);
  const config = lazy(async () => {
    const { loadConfig } = await import("../src/config/load.ts");
    const loaded = loadConfig({
      cwd: host.cwd,
      home: host.home,
      env: host.env,
      flags: { "zookeeper.url": globals.zookeeper, instance_id: globals["instance-id"] },
      files: await files(),
    });
    for (const message of loaded.warnings) out.warn({ code: "CONFIG", message });
    return loaded;
  });
  const zk = lazy(async () => {
    const { connectFromConfig } = await import("./connect.ts");
    const settings = await config();
    out.note("Connecting to ZooKeeper", { hosts: settings.value("zookeeper.url") });
    const connection = connectFromConfig(settings, await files(), globals.timeout);
    closers.push(() => connection.then((client) => client.close(), () => {}));
    return await untilAborted(connection, signal).catch((error) => {
      // The whole time went into connecting: that is what is wrong, not the command's length.
      if (error !== signal.reason || !isTimeOut(error)) throw error;
      throw new ZooKeeperError("CONNECT_TIMEOUT", error.message, { outcome: "not_sent" });
    });
  });
  const team = lazy(async () => {
    const timers = await clock();
    const [connecting, settings] = [zk(), await config()];
    connecting.catch(() => {});
    // The recipes are loaded while the server opens the session, so not before it was asked to.
    await new Promise<void>((resolve) => void timers.timer(0, resolve));
    if (brief) await import("./jitless.ts");
    const { openTeam } = await import("../src/coordination/team.ts");
    return openTeam({
      zk: await connecting,
      root: settings.value("zookeeper.root_path"),
      clock: await clock(),
      random: await random(),
      onCorrupt: warnOnce(out),
    });
  });
  const close = async () => {
    for (const step of closers.splice(0).reverse()) {
      await withinMs(await clock(), CLOSE_MS, step().catch(() => {}));
    }
  };
  const onClose = (step: () => Promise<void>) => void closers.push(step);
  return {
    host,
    globals,
    out,
    signal,
    commands,
    clock,
    random,
    files,
    config,
    zk,
    team,
    onClose,
    close,
  };
}

async function withinMs(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.timer(ms, resolve);
    work.finally(() => {
      timer.cancel();
      resolve();
    });
  });
}

/** Tells of each node that does not parse once, however often it is met. */
function warnOnce(out: Output): (node: { path: string; problem: string }) => void {
  const told = new Set<string>();
  return (node) => {
    if (told.has(node.path)) return;
    told.add(node.path);
    out.leftOut(node);
  };
}

function isTimeOut(error: unknown): error is OrchestratorError {
  return error instanceof OrchestratorError && error.code === "TIMED_OUT";
}

/** The error of a command whose time is over. */
export function timedOut(ms: number): OrchestratorError {
  return new OrchestratorError("TIMED_OUT", `Timed out after ${ms} ms`, {
    hint: "Give it longer with --timeout",
    details: { timeout_ms: ms },
  });
}
