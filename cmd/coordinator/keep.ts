import { terminalLine } from "../../src/agent/terminal_text.ts";
import type { Timer } from "../../src/platform/clock.ts";
import type { Deps } from "../cli/command.ts";
import { isAutomatic } from "./ensure.ts";
import { automaticSettings } from "./settings.ts";

/** ms without a connection after which it is looked why: whoever supervises a coordinator is faster. */
const AWAY_MS = 2_000;

/**
 * Starts the embedded coordinator again where it was killed, for as long as the command runs: nobody else
 * would, and the team would wait for it for ever. One that was told to stop stays away.
 */
export async function keepCoordinator(deps: Deps, show: (line: string) => void): Promise<void> {
  const config = await deps.config();
  if (!isAutomatic(config)) return;
  const [zk, clock] = await Promise.all([deps.zk(), deps.clock()]);
  const { dataDirectory } = automaticSettings(config);
  let timer: Timer | undefined;
  const look = async () => {
    await restartKilled(deps, dataDirectory, show).catch((error: unknown) => {
      if (!deps.signal.aborted) show(terminalLine(`The coordinator is away: ${error}`));
    });
    watch();
  };
  const watch = () => {
    timer?.cancel();
    const isAway = zk.state !== "connected" && zk.state !== "closed";
    timer = isAway ? clock.timer(AWAY_MS, () => void look()) : undefined;
  };
  const unwatch = zk.onStateChange(watch);
  deps.onClose(() => {
    unwatch();
    timer?.cancel();
    return Promise.resolve();
  });
}

/** What it says of itself while it serves is there, and nobody works in its directory. */
async function restartKilled(
  deps: Deps,
  dataDirectory: string,
  show: (line: string) => void,
): Promise<void> {
  // Loaded only now: hardly anybody's coordinator is killed.
  const { holderOf, readServerFile } = await import("./server_file.ts");
  const files = await deps.files();
  const left = readServerFile(files, dataDirectory);
  if (left === null || await holderOf(files, dataDirectory) !== null) return;
  const { startInBackground } = await import("./start.ts");
  const { port, idle_timeout_ms: idleTimeoutMs } = left;
  const { server, isNew } = await startInBackground(deps, { port, dataDirectory, idleTimeoutMs });
  if (isNew) {
    show(terminalLine(`Started the coordinator again, process ${server.pid}: it was killed`));
  }
}
