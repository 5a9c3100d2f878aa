import { connect } from "node:net";
import type { Config } from "../../src/config/load.ts";
import type { Deps } from "../cli/command.ts";
import { automaticSettings, LOOPBACK } from "./settings.ts";

/** ms that a server on this machine may take to accept a connection. */
const PROBE_MS = 1_000;

/**
 * Starts a coordinator in the background where no server is configured and none answers at the default
 * address, and says so in one line on stderr. Throws what the start has failed with.
 */
export async function ensureCoordinator(deps: Deps): Promise<void> {
  const config = await deps.config();
  if (!isAutomatic(config)) return;
  const settings = automaticSettings(config);
  if (await answers(settings.port)) return;
  const { startInBackground } = await import("./start.ts");
  const { server, isNew } = await startInBackground(deps, settings);
  if (!isNew) return;
  deps.out.tell("Started the embedded coordinator, for this machine only", {
    address: server.address,
    pid: server.pid,
    data_dir: settings.dataDirectory,
    stop: "claude-orchestrator coordinator stop",
  });
}

/** Whether no server is configured. */
export function isAutomatic(config: Config): boolean {
  return config.origin("zookeeper.url").source === "default" &&
    config.value("zookeeper.tls.ca") === null && config.value("zookeeper.tls.cert") === null;
}

/** Whether anything accepts connections there; what it is, the client finds out. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(PROBE_MS, () => settle(true));
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
